-- SPDX-License-Identifier: MIT
---@meta moonrock.record

---@class moonrock.record.Finding
---@field rule string stable id: "first-role"
---@field severity "error"|"warning"
---@field message string what is wrong and what to do
---@field line? integer from 1; absent, as column and offset, when it is about the whole file
---@field column? integer from 1, in characters
---@field offset? integer bytes from the start of the input, from 0
---@field path? string "messages[2].content", elements from 0
---@field suggestion? string text that would be right in its place

---@class moonrock.record.Options
---@field model? string id, ARN or profile name: whose limits and format
---@field family? "auto"|"claude"|"prompt-completion"|"converse"|"batch" default: the model's, or as the first record
---@field near_duplicates? boolean look also for records that differ only in letter case and white space
---@field validation? boolean a validation set: no least number of records, other maxima
---@field limit? integer findings that are kept (1000); all are counted

---@class moonrock.record.Stats
---@field bytes integer
---@field lines integer
---@field records integer
---@field errors integer
---@field warnings integer
---@field messages integer
---@field user integer messages of the user
---@field assistant integer
---@field system integer records with a system text
---@field characters integer of all texts
---@field tokens integer estimated: 6 characters a token
---@field longest_line integer number of the longest line
---@field longest_bytes integer its length
---@field most_tokens_line integer line of the record with most tokens
---@field most_tokens integer its estimate
---@field family string
---@field profile string whose limits were used

---The lint of fine-tuning data: rules as data, findings with line, column and JSON path.
local M = {}

---Checks a text, or the strings that a function gives until nil; the function may wait.
---@param input string|fun(): string|nil
---@param options? moonrock.record.Options
---@return moonrock.record.Finding[] findings
---@return moonrock.record.Stats stats
function M.lint(input, options) end

---A linter that is fed piece by piece.
---@param options? moonrock.record.Options
---@return moonrock.Record
function M.new(options) end

---All rules: what is demanded, by whom, as of when, and what to do.
---@return { id: string, severity: string, text: string, source: string, date: string, advice: string }[]
function M.rules() end

---The limits of the models that are known; a limit that is absent is not documented.
---@return table[] profiles
function M.profiles() end

---The limits that are used for a model.
---@param model string id, ARN or profile name
---@return table|nil profile
function M.profile(model) end

---@class moonrock.Record
local Record = {}

---Findings of the lines that these bytes complete. Large input is checked on a pool thread
---meanwhile; several tasks may feed, and their input counts in the order of the calls: a call
---also gives the findings of later ones that were ready before it.
---@param bytes string
---@return moonrock.record.Finding[]
function Record:feed(bytes) end

---Lines of a file that begin in a range of its bytes, read by the thread that checks them. Ranges follow each
---other from 0 to the size; none but the first before the family is known (stats().family). Otherwise as
---feed. After an error the linter is closed.
---@async
---@param path string
---@param from integer first byte, from 0
---@param to integer the byte behind the last, at most 1 GiB further
---@param size integer bytes of the file that count
---@return moonrock.record.Finding[]|nil
---@return moonrock.Error? err
function Record:feed_lines(path, from, to, size) end

---Ends the input: the last findings, and what was counted.
---@return moonrock.record.Finding[]
---@return moonrock.record.Stats
function Record:finish() end

---@return moonrock.record.Stats so far
function Record:stats() end

---Gives the memory back; also by `<close>`.
function Record:close() end

return M
