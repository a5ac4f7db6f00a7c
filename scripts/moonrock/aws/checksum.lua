-- SPDX-License-Identifier: MIT
-- checksum.lua -- S3's checksums: which one, under which names, and how parts add up.
-- A value is the base64 of the big-endian digest.  CRCs of consecutive parts combine to the
-- CRC of the whole without reading it again; SHA digests do not.

local crypto = require "moonrock.crypto"

local M = {}

-- In the order in which a reply's checksums are preferred.
M.algorithms = { "CRC64NVME", "CRC32", "CRC32C", "SHA256", "SHA512", "SHA1" }

local polynomials = { -- reflected, with their width in bits
  CRC32 = { 0xEDB88320, 32 },
  CRC32C = { 0x82F63B78, 32 },
  CRC64NVME = { 0x9A6C9329AC4BC9B5, 64 },
}

function M.header(algorithm)
  return "x-amz-checksum-" .. algorithm:lower()
end

function M.member(algorithm)
  return "Checksum" .. algorithm
end

---@return string base64
function M.digest(algorithm, data)
  return crypto.hash(algorithm:lower(), data, "base64")
end

function M.hasher(algorithm)
  return crypto.hasher(algorithm:lower())
end

---May the checksum of a multipart upload cover the whole object?
function M.is_crc(algorithm)
  return polynomials[algorithm] ~= nil
end

---The best checksum of a reply that covers the whole object, or nil.  Composites, which
---cover a list of part digests ("...-7"), are left out.
---@param header fun(name: string): string|nil
---@return string|nil algorithm
---@return string|nil value
function M.of_reply(header)
  if (header("x-amz-checksum-type") or ""):upper() == "COMPOSITE" then
    return nil
  end
  for _, algorithm in ipairs(M.algorithms) do
    local value = header(M.header(algorithm))
    if value and not value:find("-", 1, true) then
      return algorithm, value
    end
  end
  return nil
end

-- Combining: crc(A .. B) is crc(A) moved past the bits of B, xor crc(B).  Moving past n zero
-- bits is a linear map on bit vectors; it is squared up to the length of B.

local function times(matrix, vector)
  local sum, row = 0, 1
  while vector ~= 0 do
    if vector & 1 ~= 0 then
      sum = sum ~ matrix[row]
    end
    vector = vector >> 1
    row = row + 1
  end
  return sum
end

local function square(matrix)
  local out = {}
  for row = 1, #matrix do
    out[row] = times(matrix, matrix[row])
  end
  return out
end

local function one_zero_byte(polynomial, width)
  local matrix = { polynomial }
  for row = 2, width do
    matrix[row] = 1 << (row - 2)
  end
  return square(square(square(matrix)))
end

local function decode(value, width)
  return (string.unpack(width == 64 and ">i8" or ">I4", (crypto.base64_decode(value))))
end

local function encode(number, width)
  return crypto.base64_encode(string.pack(width == 64 and ">i8" or ">I4", number))
end

---@param algorithm "CRC32"|"CRC32C"|"CRC64NVME"
---@param parts {value: string, size: integer}[] in order; value is base64
---@return string base64 of the whole
function M.combine(algorithm, parts)
  local polynomial, width = table.unpack(polynomials[algorithm])
  local powers = { one_zero_byte(polynomial, width) }
  local crc = decode(parts[1].value, width)
  for index = 2, #parts do
    local length, power = parts[index].size, 1
    while length > 0 do
      if length & 1 ~= 0 then
        crc = times(powers[power], crc)
      end
      length = length >> 1
      power = power + 1
      if length > 0 and not powers[power] then
        powers[power] = square(powers[power - 1])
      end
    end
    crc = crc ~ decode(parts[index].value, width)
  end
  return encode(crc, width)
end

return M
