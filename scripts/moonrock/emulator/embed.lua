-- SPDX-License-Identifier: MIT
-- emulator.embed: Titan Text Embeddings V2 for rehearsals.
-- A vector of the words of a text, each at a place and with a sign by its hash: texts of the same
-- words are near, others are not. It knows nothing of meaning. Body and limits: user guide,
-- "Amazon Titan Embeddings Text" (2026-08-31).

local crypto = require "moonrock.crypto"
local json = require "moonrock.json"
local model = require "moonrock.emulator.model"
local refuse = require "moonrock.emulator.refuse".refuse
local tables = require "moonrock.tables"

local M = {}

local ALLOWED = tables.set "inputText dimensions normalize embeddingTypes"
local DIMENSIONS = { [256] = true, [512] = true, [1024] = true }
local MAX_CHARACTERS, MAX_TOKENS = 50000, 8192

local function malformed(what)
  refuse("ValidationException", "Malformed input request: " .. what .. ", please reformat your input and try again.")
end

local function vector_of(text, dimensions, normalize)
  local vector = json.array {}
  for i = 1, dimensions do vector[i] = 0.0 end
  for word in text:lower():gmatch "[%w\128-\255]+" do
    local hash = crypto.hash("sha256", word, "raw")
    local place = string.unpack(">I4", hash) % dimensions + 1
    vector[place] = vector[place] + (hash:byte(5) % 2 == 0 and 1 or -1)
  end
  local length = 0.0
  for i = 1, dimensions do length = length + vector[i] ^ 2 end
  length = math.sqrt(length)
  for i = 1, normalize and length > 0 and dimensions or 0 do vector[i] = vector[i] / length end
  return vector
end

--- Answers the body of an InvokeModel.
---@param text string
---@return string body
---@return integer tokens of the input
function M.answer(text)
  local request = json.decode(text)
  if type(request) ~= "table" or json.is_array(request) then
    malformed "a JSON object is expected"
  end
  for _, name in ipairs(tables.keys(request)) do
    if not ALLOWED[name] then malformed(("extraneous key [%s] is not permitted"):format(name)) end
  end
  local input, dimensions = request.inputText, request.dimensions or 1024
  if type(input) ~= "string" then
    malformed "required key [inputText] not found"
  elseif input == "" then
    malformed "expected minLength: 1, actual: 0"
  elseif (utf8.len(input) or #input) > MAX_CHARACTERS then
    malformed(("expected maxLength: %d, actual: %d"):format(MAX_CHARACTERS, utf8.len(input)))
  elseif not DIMENSIONS[dimensions] then
    malformed(("%s is not a valid value for dimensions; 256, 512 and 1024 are"):format(tostring(dimensions)))
  end
  local tokens = model.count(input)
  if tokens > MAX_TOKENS then
    refuse("ValidationException", ("400 Bad Request: Too many input tokens. Max input tokens: %d, request input token "
      .. "count: %d"):format(MAX_TOKENS, tokens))
  end
  local vector = vector_of(input, dimensions, request.normalize ~= false)
  return json.encode { embedding = vector, embeddingsByType = { float = vector }, inputTextTokenCount = tokens }, tokens
end

return M
