-- SPDX-License-Identifier: MIT
---@meta moonrock.system

---What a script may know of the program that runs it, and limits that it sets for itself.
local M = {}

---@param name string
---@return string|nil
function M.getenv(name) end

---@param stream? "stdin"|"stdout"|"stderr"
---@return boolean
function M.is_terminal(stream) end

---@param stream? "stdin"|"stdout"|"stderr"
---@return integer columns, 80 where there is no terminal
function M.width(stream) end

---@return integer
function M.pid() end

---@return integer now bytes in use
---@return integer peak
---@return integer cap 0 for none
function M.memory() end

---@return {moonrock: string, lua: string}
function M.version() end

---Caps for the running task and those it starts later (cpu, seconds of CPU time each) and for the
---state's memory (bytes). A cap can be lowered, never raised.
---@param caps {cpu?: number, memory?: integer}
function M.limit(caps) end

---The source of a script that is embedded in the program, as help shows it.
---@param module string "moonrock.s3"
---@return string|nil
function M.source(module) end

---What source knows: the library, and the stubs for editors.
---@return string[] names, sorted
function M.sources() end

---Waits for Ctrl-C, SIGTERM or mr_interrupt. That one then stops no task; the next one does.
---@async
function M.wait_interrupt() end

---From now on Ctrl-C and mr_interrupt stop this task and no other; once it has ended, none, but for
---one (not the caller) that runs on and lets no other run. SIGTERM and mr_terminate stop all tasks.
---@param task moonrock.Task|nil nil: all tasks, as at the start
function M.interrupt_only(task) end

---One line to the host's log.
---@param level "debug"|"info"|"warn"|"error"
---@param text string
function M.log(level, text) end

---Threads that can compute at the same time, at most 8.
---@return integer
function M.processors() end

return M
