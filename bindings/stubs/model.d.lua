-- SPDX-License-Identifier: MIT
---@meta moonrock.model

---The services as data: their operations, checked, built and parsed in both directions.
local M = {}

---@class moonrock.model.Problem
---@field path string where: "messages[2].content[1].text", counted from 1
---@field message string what is wrong
---@field suggestion string|nil the name or word that was probably meant
---@field code string|nil of a malformed request: "SerializationException", "MalformedXML", ...

---@class moonrock.model.Service
---@field name string "s3", "bedrock", "bedrock-runtime", "sts", "sso", "sso-oidc"
---@field protocol "rest-json"|"rest-xml"|"query"
---@field signing_name string
---@field endpoint_prefix string
---@field api_version string
---@field service_id string
---@field xml_namespace string|nil
---@field source string which description of the service the model follows
local Service = {}

---@class moonrock.model.Operation
---@field name string "CreateBucket"
---@field method string "create_bucket"
---@field service string
---@field http_method string
---@field path string with its labels: "/{Bucket}/{Key+}"
---@field status integer of a good reply
---@field signed boolean
---@field secret_reply boolean its result holds secrets
---@field unsigned_payload boolean
---@field event_stream boolean the reply is a stream of events
---@field host_prefix string|nil
---@field endpoint_context string|nil parameters of the endpoint's rules that are true, with spaces between
---@field idempotency_token string|nil name of the member
---@field streaming_input string|nil name of the member that is the body
---@field streaming_output string|nil
---@field checksum { required: boolean, request: string|nil, validate: string|nil, reply: string[] }|nil
---@field pagination table|nil input_token, output_token, results (a name, or a list of names), more_results, limit
---@field duplex boolean it sends a stream of events as well, which needs HTTP/2
---@field deprecated boolean
---@field input integer number of the shape of its parameters; 0: none
---@field output integer
---@field errors { code: string, status: integer, retryable: boolean }[] those that the model lists
local Operation = {}

---@param name string "s3"
---@return moonrock.model.Service|nil
function M.service(name) end

---@return string[] names, sorted
function M.services() end

---How large the compiled models are.
---@return { services: integer, operations: integer, shapes: integer, members: integer, text: integer, bytes: integer }
function M.table_sizes() end

---@param name string "create_bucket" or "CreateBucket"
---@return moonrock.model.Operation|nil
---@return string|nil suggestion when there is none of that name
function Service:operation(name) end

---@return string[] names as "CreateBucket", sorted
function Service:operations() end

---What a failed reply says.
---@param operation moonrock.model.Operation|nil
---@param status integer
---@param headers moonrock.Headers|string[][]|nil list of {name, value}
---@param body string|moonrock.Secret|nil
---@return { code: string, message: string, request_id: string|nil, fields: table } error
function Service:parse_error(operation, status, headers, body) end

---@param operation moonrock.model.Operation|nil
---@param error { code: string, message: string, status: integer|nil, request_id: string|nil, fields: table|nil }
---@return integer status
---@return moonrock.Headers headers
---@return string body
function Service:build_error(operation, error) end

---Which operation a request is for.
---@param method string
---@param path string raw, percent-encoded; for S3 of the path style "/bucket/key"
---@param query string raw, without "?"
---@param headers moonrock.Headers|string[][]|nil they tell CopyObject from PutObject
---@param body string|nil it names the operation in the query protocol
---@return moonrock.model.Operation|nil
---@return table<string, string>|boolean labels decoded; or whether another method would have fitted the path
function Service:route(method, path, query, headers, body) end

---@class moonrock.model.Waiter
---@field name string
---@field operation string "head_bucket"
---@field delay integer seconds before the second poll
---@field max_delay integer seconds to which the pauses grow
---@field timeout integer seconds
---@field reason string|nil the member with the service's words about a failure
---@field rules table[] state, match, path, first, values (a set) and null; see bindings/models/waiter.lua

---@param name string "bucket_exists"
---@return moonrock.model.Waiter|nil
function Service:waiter(name) end

---@return string[] names, sorted
function Service:waiters() end

---@class moonrock.model.Shape
---@field name string|nil nil for a type that is written where it is used
---@field kind string "structure", "union", "list", "map", "string", "integer", "long", "float", "double",
---"boolean", "timestamp", "blob", "document"
---@field members { name: string, wire: string, shape: integer, location: string, required: true|nil }[]|nil
---@field element integer|nil of a list or map
---@field key integer|nil of a map
---@field enum string[]|nil
---@field min number|nil of a length, a size or a value
---@field max number|nil
---@field pattern string|nil an ECMAScript regular expression for the whole text
---@field sensitive true|nil
---@field events true|nil its members are the events of a stream
---@field error true|nil
---@field status integer|nil of an error
---@field code string|nil of an error, when it is not its name

---What a shape is.
---@param shape integer|string its number, or its name
---@return moonrock.model.Shape|nil
function Service:shape(shape) end

---@param params table|nil
---@return true|nil
---@return moonrock.model.Problem[]|nil problems all of them
function Operation:check(params) end

---Builds the parts of a request; `params` should have passed `check`.  With secrets among them the
---header that one travels in, and the body, are secrets; a URL holds none.
---@param params table|nil
---@return { method: string, path: string, query: string, headers: moonrock.Headers, body: string|moonrock.Secret|nil,
---stream: any } request
function Operation:build(params) end

---`check` and `build` in one.
---@param params table|nil
---@return table|nil request as build gives it; nil when there are problems
---@return moonrock.model.Problem[]|nil problems all of them
function Operation:request(params) end

---Times come as seconds since 1970, members that the model calls secret as a moonrock.Secret.  A
---streaming payload is left to the caller.
---@param status integer
---@param headers moonrock.Headers|string[][]|nil
---@param body string|moonrock.Secret|nil
---@return table|nil result
---@return table|nil error what the reply says is wrong, or why it cannot be read
function Operation:parse(status, headers, body) end

---@param path string
---@param query string
---@param headers moonrock.Headers|string[][]|nil
---@param body string|nil
---@return table|nil params
---@return moonrock.model.Problem[]|nil problems in the words of the service
function Operation:parse_request(path, query, headers, body) end

---@param result table|nil
---@return integer status
---@return moonrock.Headers headers
---@return string body
---@return any stream what was given for a payload that is no string
function Operation:build_reply(result) end

---One event of the operation's stream.
---@param name string the value of ":event-type" or ":exception-type"
---@param payload string|nil
---@param headers table<string, any>|nil of the message, as moonrock.eventstream gives them
---@return table|nil event with the one key `name`; nil alone: this model has no such event
---@return table|nil exception code, status, retryable of a modelled exception; without an event: the error
function Operation:parse_event(name, payload, headers) end

---The events of the operation's stream that these bytes complete; those that this model does not
---know are left out.  Reading ends at a message that is no event, or one that cannot be read.
---@param decoder moonrock.eventstream.Decoder
---@param bytes string
---@return table[] events each with one key, its name
---@return moonrock.eventstream.Message? message an exception, an error, or what cannot be read; the decoder
---is of no more use then
---@return moonrock.Error? err as of decoder:feed
function Operation:read_events(decoder, bytes) end

---The message of an event or a modelled exception, for moonrock.eventstream.encode.
---@param event table with one key: { contentBlockDelta = { ... } }
---@return moonrock.eventstream.Message message its headers are a list
function Operation:build_event(event) end

---Headers as a map; several of one name are joined with a comma and a space.
---@param headers moonrock.Headers|string[][]
---@return table<string, string>
function M.header_map(headers) end

return M
