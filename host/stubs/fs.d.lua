-- SPDX-License-Identifier: MIT
---@meta moonrock.fs

---Files without blocking other tasks. What the system refuses is nil and an error whose code is the
---errno name ("ENOENT") and whose message names the path.
local M = {}

---@class moonrock.fs.Sink
local Sink = {}

---@async
---@param path string
---@param offset? integer bytes, from 0
---@param length? integer bytes, by default to the end
---@return string|nil
---@return moonrock.Error?
function M.read(path, offset, length) end

---Replaces a file whole or not at all.
---@async
---@param path string
---@param data string|string[]
---@return boolean|nil
---@return moonrock.Error?
function M.write(path, data) end

---@async
---@param path string
---@param data string|string[]
---@return boolean|nil
---@return moonrock.Error?
function M.append(path, data) end

---Reads an open file of io.open, io.popen or io.stdin without keeping other tasks waiting; meanwhile it counts
---as closed for everybody else.
---@async
---@param file file*
---@param n integer bytes, at most
---@return string|nil data what came, empty when nothing did for a twentieth of a second; nil at the end
---@return moonrock.Error?
function M.read_from(file, n) end

---Waits until what was written to a file, by whomever, is on the disk.
---@async
---@param path string
---@return boolean|nil
---@return moonrock.Error?
function M.sync(path) end

---Of what a symbolic link leads to; `link` says that the name is one.
---@async
---@param path string
---@return {size: integer, mtime: number, type: "file"|"directory"|"other", link: true?}|nil
---@return moonrock.Error?
function M.stat(path) end

---The absolute path of a file or folder that is there, without symbolic links, "." and "..".
---@async
---@param path string
---@return string|nil
---@return moonrock.Error?
function M.realpath(path) end

---A file or an empty folder.
---@async
---@param path string
---@return boolean|nil
---@return moonrock.Error?
function M.remove(path) end

---@async
---@param from string
---@param to string
---@return boolean|nil
---@return moonrock.Error?
function M.rename(from, to) end

---With parents; one that exists is no error.
---@async
---@param path string
---@return boolean|nil
---@return moonrock.Error?
function M.mkdir(path) end

---@async
---@param path string
---@return string[]|nil names sorted, without "." and ".."
---@return moonrock.Error?
function M.list(path) end

---@class moonrock.fs.Lock
local Lock = {}

---Has a file or folder that exists for this process alone, until the lock is released or closed, or the
---process ends.
---@param path string
---@return moonrock.fs.Lock|nil
---@return moonrock.Error? code "Locked" while another process has it
function M.lock(path) end

function Lock:release() end

---A file that is written at any offset, and appears whole when it is committed.
---@async
---@param path string
---@return moonrock.fs.Sink|nil
---@return moonrock.Error?
function M.sink(path) end

---@async
---@param offset integer
---@param data string
---@return boolean|nil
---@return moonrock.Error?
function Sink:write(offset, data) end

---@async
---@param mtime? number when the file was last modified, in seconds since 1970; default: now
---@return boolean|nil
---@return moonrock.Error?
function Sink:commit(mtime) end

---Leaves nothing behind; also on leaving a `<close>` variable's block.
function Sink:abort() end

return M
