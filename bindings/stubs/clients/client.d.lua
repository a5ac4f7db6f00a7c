-- SPDX-License-Identifier: MIT
---@meta

---What the clients of all services have; the operations of each are in the files beside this one.

---@class moonrock.Result
---@field ResponseMetadata { HTTPStatusCode: integer, HTTPHeaders: table<string, string>, RequestId?: string, RetryAttempts: integer }

---A body that comes: closed at its end, by `<close>`, or when it is collected.
---@class moonrock.Reader
---@field length integer|nil bytes, where the service told
local Reader = {}

---@async
---@param what? "a"|integer all (the default), or at most that many bytes
---@return string|nil data nil at the end
function Reader:read(what) end

---@async
---@return fun(): string|nil
function Reader:lines() end

---Writes all of it to a file, which appears only when it is whole.
---@async
---@param path string
function Reader:save(path) end

function Reader:close() end

---@class moonrock.Client
---@field meta { service: string, region: string|nil, config: table }
local Client = {}

---The pages of a list operation: `for page in client:pages("list_objects_v2", {...}) do`.
---@async
---@param operation string
---@param params? table
---@return fun(): table|nil
function Client:pages(operation, params) end

---The items of all pages of a list operation.
---@async
---@param operation string
---@param params? table
---@return fun(): any
function Client:each(operation, params) end

---Waits until something has happened; gives the last reply, raises when it no longer can.
---@async
---@param name string "model_customization_job_completed", ...
---@param params table of the operation that is polled
---@param opts? { delay?: number, max_delay?: number, timeout?: number, on_poll?: fun(result: table, seconds: number) }
---@return table|nil
function Client:wait(name, params, opts) end

---The operation by name, for names that are only known at run time.
---@async
---@param operation string
---@param params? table
---@return moonrock.Result
function Client:call(operation, params) end

---A URL that allows one operation for a while, without credentials.
---@param operation string
---@param params? table without a body
---@param expires? integer seconds, 1 to 604800; default 3600
---@return string url
function Client:presign(operation, params, expires) end

---@return string[] names, sorted
function Client:operations() end

return Client
