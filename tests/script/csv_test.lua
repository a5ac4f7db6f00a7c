-- SPDX-License-Identifier: MIT
-- Comma-separated values by header: quotes, line ends, numbers, what is missing.

local lu = require "luaunit"
local csv = require "moonrock.csv"
local errors = require "moonrock.error"

TestCsv = {}

function TestCsv.test_rows_by_header()
  local rows, header = csv.parse("step_number,epoch_number,training_loss\n0,0,1.5\n1,0,0.25\n")
  lu.assertEquals(header, { "step_number", "epoch_number", "training_loss" })
  lu.assertEquals(rows, { { step_number = 0, epoch_number = 0, training_loss = 1.5 },
    { step_number = 1, epoch_number = 0, training_loss = 0.25 } })
  lu.assertEquals(math.type(rows[1].step_number), "integer")
end

function TestCsv.test_quotes_line_ends_and_columns()
  local rows = csv.parse('a,b,c\r\n"x, ""y""\nz",,2\r\n\r\nshort')
  lu.assertEquals(rows, { { a = 'x, "y"\nz', b = "", c = 2 }, { a = "short" } })
  lu.assertEquals({ csv.parse("") }, { {}, {} })
  lu.assertEquals((csv.parse("a,b\n1,2,3\n")), { { a = 1, b = 2 } })
  local ok, err = errors.try(csv.parse, 'a\n"open')
  lu.assertNil(ok)
  lu.assertEquals(err.code, "InvalidCSV")
end

os.exit(lu.LuaUnit.run())
