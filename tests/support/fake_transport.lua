-- SPDX-License-Identifier: MIT
-- fake_transport.lua -- a transport without a wire: it keeps the requests that it is given
-- and answers from a list, or from a function of the request.
--   answer = { status = 200, headers = { etag = '"x"' }, body = "..." }
--          | { status = 200, body = "...", cut = 3 }     the body breaks off after 3 bytes
--          | { failure = { code = "ConnectionError", message = "...", retryable = true } }
-- Requests are copied, with `header` for the first value of a header by name.

local errors = require "moonrock.error"
local task = require "moonrock.task"
local body = require "moonrock.aws.body"

local M = {}

local Transport = {}
Transport.__index = Transport

local function header_list(map)
  local names, list = {}, {}
  for name in pairs(map or {}) do
    names[#names + 1] = name
  end
  table.sort(names)
  for index, name in ipairs(names) do
    list[index] = { name:lower(), tostring(map[name]) }
  end
  return list
end

local function copy(request)
  local out = { headers = {}, header = {} }
  for key, value in pairs(request) do
    if key ~= "headers" then
      out[key] = value
    end
  end
  if type(out.body) == "table" then -- a range of a file
    local pieces = {}
    for piece in out.body:pieces() do
      pieces[#pieces + 1] = piece
    end
    out.body = table.concat(pieces)
  end
  for index, pair in ipairs(request.headers) do
    out.headers[index] = { pair[1], pair[2] }
    out.header[pair[1]] = out.header[pair[1]] or pair[2]
  end
  return out
end

-- A body that is announced whole and ends early.
local function cut_body(text, cut)
  local given = false
  return body.reader {
    next = function()
      if given then
        errors.raise { code = "ConnectionError", message = "the fake connection broke", retryable = true }
      end
      given = true
      return text:sub(1, cut)
    end,
  }
end

function Transport:request(request)
  local kept = copy(request)
  self.requests[#self.requests + 1] = kept
  task.yield() -- as on a wire, others run meanwhile
  local answer
  if type(self.answers) == "function" then
    answer = self.answers(kept, #self.requests)
  else
    answer = self.answers[#self.requests]
  end
  if not answer then
    error("the fake transport has no answer for request " .. #self.requests .. ": " .. request.method .. " "
      .. request.path, 0)
  elseif answer.failure then
    errors.raise(answer.failure)
  end
  local headers = header_list(answer.headers)
  local text = answer.body or ""
  if request.method ~= "HEAD" and not (answer.headers or {})["content-length"] then
    headers[#headers + 1] = { "content-length", tostring(#text) }
  end
  return {
    status = answer.status or 200,
    headers = headers,
    body = answer.cut and cut_body(text, answer.cut) or body.of_string(text),
  }
end

---@param answers table[]|fun(request: table, number: integer): table
function M.new(answers)
  return setmetatable({ answers = answers, requests = {} }, Transport)
end

---Credentials of the published examples.
M.credentials = { access_key_id = "AKIDEXAMPLE", secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" }

---A session over the fake, with region and credentials given.
function M.session(answers, options)
  local transport = M.new(answers)
  local all = { region = "us-east-1", credentials = M.credentials, transport = transport,
    environment = function(name) return name == "AWS_EC2_METADATA_DISABLED" and "true" or nil end }
  for name, value in pairs(options or {}) do
    all[name] = value
  end
  return require("moonrock.session").new(all), transport
end

---A client over the fake, and the fake.
function M.client(service, answers, options)
  local s, transport = M.session(answers, options)
  return s:client(service), transport
end

---A reply that is an error of a Bedrock service.
function M.fault(code, status, headers)
  headers = headers or {}
  headers["x-amzn-errortype"] = code
  headers["x-amzn-requestid"] = "req-1"
  return { status = status, headers = headers, body = '{"message":"the reason"}' }
end

---Calls f, which must raise an error object whose text holds `words`; gives the error.
function M.raised(words, f, ...)
  local ok, err = pcall(f, ...)
  if ok then
    error("no error was raised; expected: " .. words, 2)
  elseif not errors.is(err) or not tostring(err):find(words, 1, true) then
    error(string.format("expected an error object with %q, got %s", words, tostring(err)), 2)
  end
  return err
end

return M
