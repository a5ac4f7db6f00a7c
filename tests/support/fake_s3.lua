-- SPDX-License-Identifier: MIT
-- fake_s3.lua -- answers of a very small S3 for fake_transport: objects, multipart uploads and
-- ranges in memory, as the tests of transfers need them, and hooks to make single requests fail.
-- It checks what a transfer must send: checksums of parts and of the whole, If-Match, sizes.

local crypto = require "moonrock.crypto"
local uri = require "moonrock.uri"

local M = {}

local Store = {}
Store.__index = Store

local function query_of(request)
  local out = {}
  for _, pair in ipairs(uri.parse_query(request.query or "")) do
    out[pair[1] or pair.name] = pair[2] or pair.value or ""
  end
  return out
end

local function refuse(status, code, message)
  return { status = status, body = string.format("<Error><Code>%s</Code><Message>%s</Message></Error>", code,
    message or code) }
end

local function crc(data)
  return crypto.hash("crc64nvme", data, "base64")
end

local function check_body(request)
  local sent = request.header["x-amz-checksum-crc64nvme"]
  if sent and sent ~= crc(request.body) then
    return refuse(400, "BadDigest")
  end
end

local function put(self, key, data)
  self.objects[key] = { data = data, etag = '"' .. crypto.hash("md5", data) .. '"', checksum = crc(data) }
  return { headers = { etag = self.objects[key].etag, ["x-amz-checksum-crc64nvme"] = self.objects[key].checksum } }
end

local function begin(self, key)
  self.last_id = self.last_id + 1
  local id = "upload-" .. self.last_id
  self.uploads[id] = { key = key, parts = {} }
  return { body = "<InitiateMultipartUploadResult><UploadId>" .. id .. "</UploadId></InitiateMultipartUploadResult>" }
end

local function put_part(upload, request, query)
  local number = math.tointeger(tonumber(query.partNumber))
  upload.parts[number] = request.body
  return { headers = { etag = '"' .. crypto.hash("md5", request.body) .. '"',
    ["x-amz-checksum-crc64nvme"] = crc(request.body) } }
end

local function complete(self, id, request)
  local upload = self.uploads[id]
  local pieces, number = {}, 0
  for listed, etag in request.body:gmatch("<Part>(.-)</Part>()") do
    number = number + 1
    local got = math.tointeger(tonumber(listed:match("<PartNumber>(%d+)</PartNumber>")))
    if got ~= number or not upload.parts[number] or not etag then
      return refuse(400, "InvalidPartOrder")
    end
    pieces[number] = upload.parts[number]
  end
  local data = table.concat(pieces)
  local sent, size = request.header["x-amz-checksum-crc64nvme"], request.header["x-amz-mp-object-size"]
  if sent and sent ~= crc(data) then
    return refuse(400, "BadDigest", "the whole object differs")
  elseif size and tonumber(size) ~= #data then
    return refuse(400, "InvalidRequest", "the size differs")
  end
  self.uploads[id] = nil
  put(self, upload.key, data)
  self.completed = self.completed + 1
  return { body = string.format("<CompleteMultipartUploadResult><ETag>%s</ETag><ChecksumCRC64NVME>%s"
    .. "</ChecksumCRC64NVME></CompleteMultipartUploadResult>", self.objects[upload.key].etag,
    self.objects[upload.key].checksum) }
end

local function get(self, key, request)
  local object = self.objects[key]
  if not object then
    return refuse(404, "NoSuchKey")
  elseif request.header["if-match"] and request.header["if-match"] ~= object.etag then
    return refuse(412, "PreconditionFailed")
  end
  local headers = { etag = object.etag }
  if not object.plain then
    headers["x-amz-checksum-crc64nvme"] = object.checksum
  end
  local from, to = (request.header.range or ""):match("^bytes=(%d+)%-(%d+)$")
  if not from then
    headers["content-length"] = tostring(#object.data)
    return { headers = headers, body = request.method == "GET" and object.data or "" }
  end
  headers["content-range"] = string.format("bytes %s-%s/%d", from, to, #object.data)
  return { status = 206, headers = headers, body = object.data:sub(from + 1, to + 1) }
end

-- The hook may answer in place of the store, or change what it answers.
function Store:answer(request, number)
  local key = uri.decode(request.path:sub(2))
  local query = query_of(request)
  local own = self.before and self.before(request, query, number)
  if own then
    return own
  end
  local bad = (request.method == "PUT") and check_body(request)
  if bad then
    return bad
  elseif query.uploadId and not self.uploads[query.uploadId] then
    return refuse(404, "NoSuchUpload")
  end
  local answer
  if request.method == "PUT" then
    answer = query.uploadId and put_part(self.uploads[query.uploadId], request, query) or put(self, key, request.body)
  elseif request.method == "POST" then
    answer = query.uploadId and complete(self, query.uploadId, request) or begin(self, key)
  elseif request.method == "DELETE" then
    self.uploads[query.uploadId] = nil
    self.aborted = self.aborted + 1
    answer = { status = 204 }
  else
    answer = get(self, key, request)
  end
  return self.after and self.after(request, query, answer) or answer
end

---@return table store objects by key, uploads by id; aborted and completed count
---@return function answers for fake_transport
function M.new()
  local store = setmetatable({ objects = {}, uploads = {}, last_id = 0, aborted = 0, completed = 0 }, Store)
  return store, function(request, number)
    return store:answer(request, number)
  end
end

return M
