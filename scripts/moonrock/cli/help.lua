-- SPDX-License-Identifier: MIT
-- cli.help: the texts of --help and --version.

local options = require "moonrock.cli.options"
local system = require "moonrock.system"

local M = {}

M.exit = options.exit

local usage = [==[
moonrock: Lua 5.4 with Amazon S3 and Bedrock, online or rehearsed

usage:
  moonrock [OPTIONS] FILE [ARGS]            run a script ("-" reads it from standard input)
  moonrock [OPTIONS] -e CODE [FILE [ARGS]]  run a piece of code
  moonrock rehearse [OPTIONS] FILE [ARGS]   run it against an emulator: no account, no cost
  moonrock repl [--rehearse]                a prompt: history, completion with Tab, Ctrl-C stops a chunk
  moonrock init [DIR]                       a first script with its test, and stubs for editors
  moonrock serve [OPTIONS]                  the emulator on loopback HTTP, for any AWS SDK
  moonrock lint FILE                        check fine-tuning data; --fix OUT puts right what is safe
  moonrock convert IN OUT --from F --to F   conversations: openai, claude, converse, prompt-completion
  moonrock jsonl OP IN... OUT               sort, dedupe, sample, shuffle, split, join, group, filter, redact, leaks
  moonrock eval show FILE...                what the results of an evaluation say; several as a table
  moonrock eval compare BASE TUNED          is the one better than the other? --gate sets the exit code
  moonrock eval report OUT BASE [TUNED]     one HTML file: scores, differences, samples, cost, provenance
  moonrock transform SCRIPT IN OUT          every record of JSON Lines through a script, on all threads
  moonrock doctor                           settings, credentials and clock: what is found, what is missing
  moonrock help [--count | COMMAND | SERVICE [OPERATION] | SERVICE.NAME | moonrock | MODULE[.NAME]]
                                            operations, their members, limits and errors; functions
  moonrock --version | --help

options, before FILE (what follows FILE is the script's):
  --endpoint URL      send all requests there instead of to AWS
  --profile NAME      of the shared config and credentials files (AWS_PROFILE)
  --region NAME       AWS_REGION; also before rehearse and serve
  --max-cpu SECONDS   stop a script that computes for longer
  --max-memory MIB    memory that a script may have, its threads and a rehearsal's emulator included
  --record FILE       keep all traffic with services in FILE; no key, token or signature is in it
  --replay FILE       answer from FILE: no network, no credentials, the clock of the recording;
                      with --strict only in the order of the recording
of rehearse, also behind FILE (what follows "--" is the script's), and of repl --rehearse:
  --seed N            another run; the same seed gives the same run, byte for byte (1)
  --state DIR         keep buckets, jobs and models in DIR from run to run
  --strict            refuse what AWS would refuse, where a rehearsal only warns
of serve:
  --port N            0, or none: any free one
  --host ADDRESS      listen there instead of on 127.0.0.1
  --state DIR         keep buckets, jobs and models in DIR; survives a kill at any moment
  --speed N           jobs go N times faster than at AWS (3600)
  --strict, --seed N  as for rehearse
of doctor, besides --endpoint, --profile and --region:
  --offline           ask no service who you are
of transform, besides all of run (IN, OUT: files, also .gz and .zst, s3://bucket/key, or "-"):
  --threads N         default: one for each processor; the result is the same
  --skip              pass over lines that are malformed or refused by the script
  --set-aside PATH    write them there, with the reason
  --limit N           bytes of a line (1 GiB)
of lint:
  --model ID          hold the data to the limits of this model (id or ARN)
  --family NAME       claude, prompt-completion, converse or batch; otherwise as the first record
  --validation        it is a validation set: no least number of records
  --limit N           findings to show (20)
  --near-duplicates   tells records that differ only in letter case and white space
  --format NAME       text, json or sarif
  --fix OUT           writes the data with what can be put right without a change of meaning
  --diff              shows what --fix changes, or would change, as a unified diff
  --rules             lists the rules, their sources and dates, and which of them --fix knows
  --batch-size N, --epochs N
                      tells the steps of a training
  --count-tokens      has --model count the tokens: one request a record
of convert (IN, OUT, --skip, --set-aside and --limit as for transform):
  --lossy             leaves out what the other format cannot hold, and says what
of lint --fix, convert, transform and jsonl:
  --provenance        writes OUT.provenance.json: hashes, options, versions, counts
of jsonl (KEYS: user.id,-score:number,name:natural: paths, a minus for descending, an order behind):
  sort --by KEYS [--unique]       dedupe [--compare bytes|value|text] [--by KEYS]      shuffle [--seed N]
  sample --count N | --share P [--seed N]
  split IN OUT... --shares 0.9,0.1 [--seed N] [--by KEYS | --stratify KEYS]
  join LEFT RIGHT OUT --by KEYS [--right-by KEYS] [--kind inner|left|anti] [--into FIELD]
  group --by KEYS [--aggregate n=count,total='sum price']       filter --where 'record.score > 3' [--threads N]
  redact [--patterns card,email,key,phone] [--paths 'messages[*].content'] [--threads N]
  leaks IN IN... [--compare, --by]
  --memory MIB        to sort in (32); the rest goes to --temporary DIR
  --skip, --set-aside PATH   go on behind malformed lines
of eval:
  --gate CONDITIONS   such as "json_valid >= 0.95; exact > base; error_rate <= 0.01"
  --junit FILE        writes what the gate finds
  --format json       all of it, for other programs
  --flips N           shows N samples whose score changed, what got worse first
  --confidence P      of the intervals (0.95)
  --job FILE, --validation FILE  of report: metric files (CSV) of the job, for its loss curves
  --title TEXT        of report

Scripts get ARGS as `...` and in the table `arg`, as with lua.  The variable MOONROCK_LOG says what is
told on standard error: error, warn (unless it is set), info (retries, redirects, what serve answers), or debug
(each request).

exit codes:
  0 success      1 the script raised an error, lint found errors,
                 a gate was not passed, or doctor found something missing
  2 wrong usage  4 a limit was reached (--max-cpu, --max-memory)  130 interrupted (Ctrl-C)
]==]

---The text of --help.
function M.text() return usage end

---The lines of the usage that are about one command.
---@param name string "lint"
---@return string|nil
function M.command(name)
  local out, is_own = {}, false
  for line in usage:match "usage:\n(.-)\n\n":gmatch "[^\n]+" do
    if line:find "^  moonrock" then is_own = (line:match "^  moonrock (%l+)" or "run") == name end
    if is_own then out[#out + 1] = line end
  end
  if #out == 0 then return nil end
  is_own = false
  for line in usage:match "\n\noptions, .-\n\n":gmatch "[^\n]+" do
    if not line:find "^ " then -- the head of a section: "of lint --fix, convert, transform and jsonl:"
      local head = line:gsub("%b()", ""):gsub("options, before FILE", "run"):gsub("besides all of run", "")
      is_own = (" " .. head):find("[ ,]" .. name .. "[ ,:]") ~= nil
    end
    if is_own then out[#out + 1] = line end
  end
  return table.concat(out, "\n") .. "\n\nmoonrock --help shows the whole usage\n"
end

---Prints it, or what of it is about one command; gives the exit code.
---@param name? string
function M.print(name)
  io.write(name and M.command(name) or usage)
  return M.exit.ok
end

---The command help: the usage, the counts of --count, or help on a command, service, operation or helper.
---@param words string[]
---@return integer exit code
function M.main(words)
  if #words == 0 then return M.print() end
  local on = require "moonrock.cli.help_model"
  local text, complaint
  local command = #words == 1 and M.command(words[1])
  if words[1] == "--count" and #words == 1 then
    text = on.count()
  elseif #words <= 2 then
    text, complaint = on.on(words[1], words[2])
    text = command and (text and command .. "\n" .. text or command) or text
  else
    complaint = "help takes a service and an operation, or service.name"
  end
  if not text then options.refuse("%s", complaint) end
  io.write(text)
  return M.exit.ok
end

---The line of --version: the program, Lua, libcurl, and the date of its facts about models.
function M.version()
  local version = system.version()
  local newest = ""
  for _, source in pairs(require("moonrock.catalog").sources) do
    if source.date > newest then newest = source.date end
  end
  local curl = require("moonrock.http").curl_version() or "none"
  return ("moonrock %s, %s, libcurl %s, models as of %s"):format(version.moonrock, version.lua, curl, newest)
end

return M
