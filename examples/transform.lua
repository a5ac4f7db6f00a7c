-- SPDX-License-Identifier: MIT
-- Cleans a fine-tuning dataset:  moonrock transform examples/transform.lua IN.jsonl OUT.jsonl
-- The function sees one record at a time, on any thread. What it does not touch is written as it was
-- read: numbers, order of keys, escapes. IN and OUT may end with .gz or .zst, be s3://bucket/key or "-".

local function trimmed(text)
  return (text:gsub("^%s+", ""):gsub("%s+$", ""))
end

return function(record)
  if not record.messages or #record.messages < 2 then
    return nil, "fewer than two messages" -- a fault: stops, or is set aside with --set-aside PATH
  end
  for _, message in ipairs(record.messages) do
    if type(message.content) == "string" then
      local text = trimmed(message.content)
      if text == "" then return nil end -- drops the record
      if text ~= message.content then message.content = text end
    end
  end
  return record
end
