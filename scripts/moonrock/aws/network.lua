-- SPDX-License-Identifier: MIT
-- network.lua -- the transport over sockets, on moonrock.http.
-- It adds nothing to a request and follows no redirect: what was signed is what is sent.
-- Connect, idle and total timeouts are of real time, whatever the host's clock is.

local http = require "moonrock.http"
local errors = require "moonrock.error"
local body = require "moonrock.aws.body"
local tables = require "moonrock.tables"

local M = {}

local defaults = {
  connect_timeout = 10, -- seconds
  idle_timeout = 300, -- a model may think for minutes before its first byte
  total_timeout = 0, -- none: a large object takes as long as it takes
}

local Network = {}
Network.__index = Network

local hints = {
  ResolveError = "check the endpoint's name, the region in it, and the network (DNS)",
  ConnectError = "nothing answers there: check the endpoint, its port, and the firewall",
  TLSError = "no TLS connection came about: check that the endpoint is the right one and speaks TLS, AWS_CA_BUNDLE, "
    .. "and the clock",
  TimeoutError = "the peer was silent for too long; options connect_timeout, read_timeout, total_timeout",
  ProtocolError = "what answered does not speak HTTP as it should: check host, port and http or https",
  BrokenConnection = "the peer, or something between, closed the connection early; try again",
  OutputError = "make room for the file, or choose another place",
  RequestBodyError = "the file must stay as it is until it has been sent",
  NoNetwork = "install libcurl (libcurl4 on Debian)",
}

local no_tls = "no TLS is spoken there: is it an endpoint of http://, or the port another?"
local unknown_authority = "nobody here vouches for that certificate: AWS_CA_BUNDLE must name the file with its "
  .. "authority's (a proxy that opens TLS has one of its own)"
local look_at_proxy = "a proxy stands between: check https_proxy, http_proxy, all_proxy (option proxy), or name the "
  .. "endpoint's host in no_proxy"

local few_descriptors = "all file descriptors that this process may have are open: raise the limit (`ulimit -n`), "
  .. "or have fewer requests at once (option concurrency of map and evaluate)"

-- What the transport's own words tell beyond its code; patterns on the message.
local finer = {
  { "ResolveError", "file descriptor", few_descriptors },
  { "ConnectError", "file descriptor", few_descriptors },
  { "TLSError", "file descriptor", few_descriptors },
  { "TLSError", "wrong version number", no_tls },
  { "TLSError", "unexpected TLS packet", no_tls },
  { "TLSError", "SYSCALL", no_tls }, -- it hung up instead
  { "TLSError", "unexpected eof", no_tls },
  { "TLSError", "setting certificate", "AWS_CA_BUNDLE, CURL_CA_BUNDLE or SSL_CERT_FILE (option ca_bundle) must name a "
    .. "readable file of certificates in PEM; a system without one has to get it first (Debian: ca-certificates)" },
  { "TLSError", "self.signed", unknown_authority },
  { "TLSError", "local issuer", unknown_authority },
  { "TLSError", "not match", "the certificate is that of another host: check the endpoint's name" },
  { "TLSError", "expired", "check this machine's clock; if it is right, the server's certificate has to be renewed" },
  { "TLSError", "not yet valid", "check this machine's clock" },
  { "ResolveError", "[Pp]roxy", look_at_proxy },
  { "ConnectError", "[Pp]roxy", look_at_proxy },
  { "ConnectError", "response 407",
    "the proxy wants a name and a password: https_proxy=http://name:password@proxy:port" },
  { "ConnectError", "CONNECT", look_at_proxy },
}

-- As people write it: with the port that a URL leaves out.
local function peer(request)
  return string.format("%s:%d", request.host, request.port or (request.scheme == "http" and 80 or 443))
end

local function hint_for(request, err)
  local text = tostring(err.message)
  for _, rule in ipairs(finer) do
    if rule[1] == err.code and text:find(rule[2]) then
      return rule[3]
    end
  end
  local host, port = text:match("Failed to connect to (%S+) port (%d+)")
  if host and host .. ":" .. port ~= peer(request):gsub("[%[%]]", "") then
    return look_at_proxy -- libcurl names whom it tried, and that is not the endpoint
  end
  return hints[err.code]
end

-- Raises what the transport said, naming the peer.
local function fail(request, err, what)
  errors.raise {
    code = err.code,
    message = string.format("%s %s: %s", what, peer(request), err.message),
    retryable = err.retryable ~= false,
    hint = hint_for(request, err),
    cause = err,
  }
end

-- A body that is a secret: it comes whole, and only C reads it.
local function sealed_body(request, exchange)
  return {
    read = function()
      local whole, err = exchange:receive()
      if err then
        fail(request, err, "the answer broke off, from")
      end
      return whole
    end,
    close = function()
      exchange:close()
    end,
  }
end

-- What a reader of the reply pulls from.
local Source = {}
Source.__index = Source

function Source:next()
  local piece, err = self.exchange:receive()
  if err then
    fail(self.request, err, "the answer broke off, from")
  end
  return piece
end

---All that is left; nil when it is more than `limit` bytes.
function Source:rest(limit)
  local text, err = self.exchange:rest(limit)
  if err then
    fail(self.request, err, "the answer broke off, from")
  end
  return text
end

function Source:close()
  self.exchange:close()
end

---Sends a request and waits for the head of its reply.
---@async
---@param request table as moonrock.sigv4 knows it
---@return {status: integer, headers: moonrock.Headers, body: table, sealed?: boolean}
function Network:request(request)
  local exchange, status = http.request(request, self.options)
  if not exchange then
    fail(request, status, "no answer from")
  end
  local headers = exchange:headers()
  if request.sealed then
    return { status = status, headers = headers, body = sealed_body(request, exchange), sealed = true }
  end
  local source = setmetatable({ exchange = exchange, request = request }, Source)
  return { status = status, headers = headers, body = body.reader(source) }
end

---@param options? {connect_timeout?: number, idle_timeout?: number, total_timeout?: number, ca_file?: string,
---  proxy?: string, http2?: boolean}
function M.new(options)
  return setmetatable({ options = tables.copy(defaults, options) }, Network)
end

return M
