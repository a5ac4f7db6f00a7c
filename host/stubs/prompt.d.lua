-- SPDX-License-Identifier: MIT
---@meta moonrock.prompt

---Lines from standard input, read while other tasks run; edited where it is a terminal that can.
local M = {}

---@class moonrock.prompt.Prompt
local Prompt = {}

---Of standard input and output.
---@return moonrock.prompt.Prompt
function M.open() end

---"line" and the line; "complete" (the Tab key) and what stands before the cursor: the next call goes
---on with the same line; "interrupt" (Ctrl-C); "end" (Ctrl-D on an empty line, the end of the input);
---or nil and an error.
---@async
---@param prompt? string shown on a terminal
---@return "line"|"complete"|"interrupt"|"end"|nil event
---@return string|moonrock.Error|nil text
function Prompt:read(prompt) end

---Puts text in place of the characters before the cursor.
---@param count integer characters
---@param text string
function Prompt:replace(count, text) end

---Shows text below the line, and the line once more.
---@param text string
function Prompt:show(text) end

---Lines of a file can be called back; those remembered are added to it. It is made with mode 0600.
---@param path string
---@return true|nil
---@return moonrock.Error? why not
function Prompt:history(path) end

---@param line string
---@return true|nil
---@return moonrock.Error? why the file does not have it
function Prompt:remember(line) end

---@return "editing"|"lines"|"input" kind a terminal with keys, a terminal without, no terminal
function Prompt:kind() end

---The terminal is as it was found.
function Prompt:close() end

return M
