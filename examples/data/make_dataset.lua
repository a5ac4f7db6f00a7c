-- SPDX-License-Identifier: MIT
-- Writes json_answers.jsonl: 500 conversations that teach a model to answer in JSON only.
--
--   lua5.4 make_dataset.lua > json_answers.jsonl      (moonrock runs it as well)
--
-- Every answer is computed here or stands in a table below, so the data can be checked by
-- reading; the same script always writes the same bytes.

local SYSTEM = "JSON Mode: Enabled"
local RECORDS = 500

-- ---- JSON, with keys in the order in which they are given --------------------------------

local ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\t"] = "\\t" }

local function quote(text)
  return '"' .. text:gsub('[%c"\\]', function(c)
    return ESCAPES[c] or string.format("\\u%04x", c:byte())
  end) .. '"'
end

-- object("a", 1, "b", 2) is {"a": 1, "b": 2}; list(1, 2) is [1, 2].
local function object(...) return { kind = "object", n = select("#", ...), ... } end
local function list(...) return { kind = "list", n = select("#", ...), ... } end

local function number(x)
  if math.type(x) == "integer" then return string.format("%d", x) end
  return (string.format("%.10g", x))
end

local function encode(value, indent, depth)
  local kind = type(value)
  if kind == "string" then return quote(value) end
  if kind == "number" then return number(value) end
  if kind == "boolean" then return tostring(value) end
  local parts, step = {}, value.kind == "object" and 2 or 1
  for i = 1, value.n, step do
    local part = encode(value[i + step - 1], indent, depth + 1)
    parts[#parts + 1] = step == 2 and quote(value[i]) .. ": " .. part or part
  end
  local open, close = "[", "]"
  if step == 2 then open, close = "{", "}" end
  if #parts == 0 then return open .. close end
  if not indent then return open .. table.concat(parts, ", ") .. close end
  local pad = "\n" .. string.rep("  ", depth)
  return open .. pad .. "  " .. table.concat(parts, "," .. pad .. "  ") .. pad .. close
end

-- ---- a small generator of numbers, the same on every machine -----------------------------

local state = 20260101

local function pick(low, high)
  state = (state * 1103515245 + 12345) & 0x7fffffff
  return low + (state >> 8) % (high - low + 1)
end

local function choose(options) return options[pick(1, #options)] end

-- ---- conversations -----------------------------------------------------------------------

local records, asked = {}, {}

local function message(role, content)
  return object("role", role, "content", content)
end

local function answer(value) return encode(object("answer", value), true, 0) end

-- ask(question, answer [, question, answer ...]): one conversation; a question comes up once.
local function ask(...)
  local first = ...
  if asked[first] then return end
  asked[first] = true
  local messages = { kind = "list", n = select("#", ...) }
  for i = 1, messages.n, 2 do
    messages[i] = message("user", (select(i, ...)))
    messages[i + 1] = message("assistant", answer((select(i + 1, ...))))
  end
  records[#records + 1] = encode(object("system", SYSTEM, "messages", messages), false, 0)
end

-- ---- arithmetic --------------------------------------------------------------------------

local function gcd(a, b)
  while b ~= 0 do a, b = b, a % b end
  return a
end

local function factors(n)
  local found, left, divisor = list(), n, 2
  while left > 1 do
    while left % divisor == 0 do
      found.n = found.n + 1
      found[found.n] = divisor
      left = left // divisor
    end
    divisor = divisor + 1
  end
  return found
end

local function roman(n)
  local steps = { { 1000, "M" }, { 900, "CM" }, { 500, "D" }, { 400, "CD" }, { 100, "C" }, { 90, "XC" },
    { 50, "L" }, { 40, "XL" }, { 10, "X" }, { 9, "IX" }, { 5, "V" }, { 4, "IV" }, { 1, "I" } }
  local text = ""
  for _, step in ipairs(steps) do
    while n >= step[1] do
      text, n = text .. step[2], n - step[1]
    end
  end
  return text
end

local function binary(n)
  local text = ""
  repeat
    text, n = n % 2 .. text, n // 2
  until n == 0
  return text
end

local ARITHMETIC = {
  function()
    local a, b = pick(12, 990), pick(12, 990)
    local ways = { "What is %d plus %d?", "Add %d and %d.", "how much is %d + %d" }
    ask(choose(ways):format(a, b), object("operation", "addition", "operands", list(a, b), "result", a + b))
  end,
  function()
    local a, b = pick(3, 60), pick(3, 60)
    local ways = { "What is %d times %d?", "Multiply %d by %d", "%d x %d = ?" }
    local product = object("operation", "multiplication", "operands", list(a, b), "result", a * b)
    if pick(1, 4) == 1 then
      local c = pick(2, 9)
      ask(choose(ways):format(a, b), product, ("And that divided by %d?"):format(c),
        object("operation", "division", "operands", list(a * b, c), "quotient", a * b // c,
          "remainder", a * b % c))
    else
      ask(choose(ways):format(a, b), product)
    end
  end,
  function()
    local percent, whole = 5 * pick(1, 19), 20 * pick(1, 60)
    ask(("What is %d%% of %d?"):format(percent, whole),
      object("percent", percent, "of", whole, "result", percent * whole / 100))
  end,
  function()
    local n = pick(20, 900)
    local parts = factors(n)
    ask(("Is %d a prime number?"):format(n),
      object("number", n, "prime", parts.n == 1, "primeFactors", parts))
  end,
  function()
    local a, b = pick(2, 30) * pick(2, 9), pick(2, 30) * pick(2, 9)
    local divisor = gcd(a, b)
    ask(("Find the greatest common divisor of %d and %d"):format(a, b),
      object("numbers", list(a, b), "greatestCommonDivisor", divisor, "leastCommonMultiple", a * b // divisor))
  end,
  function()
    local n = pick(4, 3000)
    ask(("Write %d in Roman numerals"):format(n), object("number", n, "roman", roman(n)))
  end,
  function()
    local n = pick(9, 4000)
    ask(("Convert the decimal number %d to binary and hexadecimal."):format(n),
      object("decimal", n, "binary", binary(n), "hexadecimal", ("%x"):format(n)))
  end,
  function()
    local n = pick(3, 40)
    ask(("What are the square and the cube of %d?"):format(n),
      object("number", n, "square", n * n, "cube", n * n * n))
  end,
  function()
    local width, height = pick(2, 60), pick(2, 60)
    ask(("A rectangle is %d m wide and %d m high. Area and perimeter?"):format(width, height),
      object("shape", "rectangle", "area", object("value", width * height, "unit", "m²"),
        "perimeter", object("value", 2 * (width + height), "unit", "m")))
  end,
}

-- ---- units: from, to, how ----------------------------------------------------------------

local UNITS = {
  { "kilometres", "miles", function(x) return x / 1.609344 end },
  { "miles", "kilometres", function(x) return x * 1.609344 end },
  { "kilograms", "pounds", function(x) return x / 0.45359237 end },
  { "pounds", "kilograms", function(x) return x * 0.45359237 end },
  { "inches", "centimetres", function(x) return x * 2.54 end },
  { "feet", "metres", function(x) return x * 0.3048 end },
  { "US gallons", "litres", function(x) return x * 3.785411784 end },
  { "degrees Celsius", "degrees Fahrenheit", function(x) return x * 9 / 5 + 32 end },
  { "degrees Fahrenheit", "degrees Celsius", function(x) return (x - 32) * 5 / 9 end },
  { "hours", "seconds", function(x) return x * 3600 end },
  { "days", "minutes", function(x) return x * 1440 end },
  { "gibibytes", "bytes", function(x) return x << 30 end },
  { "nautical miles", "kilometres", function(x) return x * 1.852 end },
}

local function unit()
  local from, to, convert = table.unpack(choose(UNITS))
  local amount = pick(2, 120)
  local result = convert(amount)
  if math.type(result) == "float" then result = math.floor(result * 100 + 0.5) / 100 end
  local ways = { "Convert %d %s to %s.", "What is %d %s in %s?" }
  ask(choose(ways):format(amount, from, to),
    object("from", object("value", amount, "unit", from), "to", object("value", result, "unit", to)))
end

-- ---- calendar ----------------------------------------------------------------------------

local WEEKDAYS = { "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday" }
local MONTHS = { "January", "February", "March", "April", "May", "June", "July", "August", "September",
  "October", "November", "December" }
local LENGTHS = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

local function is_leap(year) return year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0) end

local function month_length(year, month)
  return month == 2 and is_leap(year) and 29 or LENGTHS[month]
end

-- Days since 1 January of the year 1, in the Gregorian calendar.
local function day_number(year, month, day)
  local y = year - 1
  local days = y * 365 + y // 4 - y // 100 + y // 400 + day - 1
  for m = 1, month - 1 do days = days + month_length(year, m) end
  return days
end

local function random_date()
  local year, month = pick(1900, 2099), pick(1, 12)
  return year, month, pick(1, month_length(year, month))
end

local CALENDAR = {
  function()
    local year, month, day = random_date()
    local weekday = WEEKDAYS[(day_number(year, month, day) + 1) % 7 + 1]
    ask(("What day of the week is %d %s %d?"):format(day, MONTHS[month], year),
      object("date", ("%04d-%02d-%02d"):format(year, month, day), "weekday", weekday))
  end,
  function()
    local year = pick(1880, 2120)
    ask(("Is %d a leap year?"):format(year),
      object("year", year, "leapYear", is_leap(year), "days", is_leap(year) and 366 or 365))
  end,
  function()
    local year, month = pick(1950, 2060), pick(1, 12)
    ask(("How many days does %s %d have?"):format(MONTHS[month], year),
      object("month", MONTHS[month], "year", year, "days", month_length(year, month)))
  end,
  function()
    local year, month, day = random_date()
    local later = pick(10, 400)
    local from, y, m, d = day_number(year, month, day), year, month, day
    while day_number(y, m, d) < from + later do
      d = d + 1
      if d > month_length(y, m) then m, d = m + 1, 1 end
      if m > 12 then y, m = y + 1, 1 end
    end
    ask(("Which date is %d days after %04d-%02d-%02d?"):format(later, year, month, day),
      object("start", ("%04d-%02d-%02d"):format(year, month, day), "days", later, "end",
        ("%04d-%02d-%02d"):format(y, m, d)))
  end,
}

-- ---- words -------------------------------------------------------------------------------

local WORDS = { "lantern", "harbour", "violet", "copper", "meadow", "thunder", "basket", "orchard", "silver",
  "castle", "marble", "feather", "window", "garden", "planet", "bridge", "candle", "forest", "anchor",
  "pepper", "rocket", "saddle", "tunnel", "walnut", "level", "civic", "radar", "kayak", "noon" }

local function sorted(...)
  local words = list(...)
  table.sort(words)
  return words
end

local STRINGS = {
  function()
    local word = choose(WORDS)
    ask(("Spell '%s' backwards"):format(word),
      object("word", word, "reversed", word:reverse(), "palindrome", word == word:reverse()))
  end,
  function()
    local word = choose(WORDS)
    local _, vowels = word:gsub("[aeiou]", "")
    ask(("How many letters and vowels are in the word %s?"):format(word),
      object("word", word, "letters", #word, "vowels", vowels, "consonants", #word - vowels))
  end,
  function()
    local a, b, c = choose(WORDS), choose(WORDS), choose(WORDS)
    if a == b or b == c or a == c then return end
    ask(("Sort these words: %s, %s, %s"):format(a, b, c), object("input", list(a, b, c), "sorted", sorted(a, b, c)))
  end,
  function()
    local a, b = choose(WORDS), choose(WORDS)
    if a == b then return end
    ask(("Make a snake_case and a camelCase name of \"%s %s\"."):format(a, b),
      object("snakeCase", a .. "_" .. b, "camelCase", a .. b:sub(1, 1):upper() .. b:sub(2)))
  end,
}

-- ---- small tables ------------------------------------------------------------------------

local CAPITALS = { { "France", "Paris" }, { "Japan", "Tokyo" }, { "Kenya", "Nairobi" }, { "Peru", "Lima" },
  { "Norway", "Oslo" }, { "Egypt", "Cairo" }, { "Canada", "Ottawa" }, { "Australia", "Canberra" },
  { "Brazil", "Brasília" }, { "Portugal", "Lisbon" }, { "Vietnam", "Hanoi" }, { "Chile", "Santiago" },
  { "Poland", "Warsaw" }, { "Greece", "Athens" }, { "Ghana", "Accra" }, { "Iceland", "Reykjavík" },
  { "Mongolia", "Ulaanbaatar" }, { "Cuba", "Havana" }, { "Austria", "Vienna" }, { "Jordan", "Amman" },
  { "Nepal", "Kathmandu" }, { "Finland", "Helsinki" }, { "Uruguay", "Montevideo" }, { "Senegal", "Dakar" },
  { "Ireland", "Dublin" }, { "Thailand", "Bangkok" }, { "Hungary", "Budapest" }, { "Ecuador", "Quito" },
  { "Morocco", "Rabat" }, { "New Zealand", "Wellington" } }

local ELEMENTS = { { "hydrogen", "H", 1 }, { "helium", "He", 2 }, { "carbon", "C", 6 }, { "nitrogen", "N", 7 },
  { "oxygen", "O", 8 }, { "neon", "Ne", 10 }, { "sodium", "Na", 11 }, { "magnesium", "Mg", 12 },
  { "aluminium", "Al", 13 }, { "silicon", "Si", 14 }, { "sulfur", "S", 16 }, { "chlorine", "Cl", 17 },
  { "potassium", "K", 19 }, { "calcium", "Ca", 20 }, { "iron", "Fe", 26 }, { "nickel", "Ni", 28 },
  { "copper", "Cu", 29 }, { "zinc", "Zn", 30 }, { "silver", "Ag", 47 }, { "tin", "Sn", 50 },
  { "iodine", "I", 53 }, { "tungsten", "W", 74 }, { "gold", "Au", 79 }, { "mercury", "Hg", 80 },
  { "lead", "Pb", 82 } }

local PLANETS = { "Mercury", "Venus", "Earth", "Mars", "Jupiter", "Saturn", "Uranus", "Neptune" }

local SHAPES = { "triangle", "quadrilateral", "pentagon", "hexagon", "heptagon", "octagon", "nonagon", "decagon" }

local function small_tables()
  for _, row in ipairs(CAPITALS) do
    ask(("What is the capital of %s?"):format(row[1]), object("country", row[1], "capital", row[2]))
  end
  for _, row in ipairs(ELEMENTS) do
    ask(("What is the chemical symbol of %s?"):format(row[1]),
      object("element", row[1], "symbol", row[2], "atomicNumber", row[3]))
  end
  for place, planet in ipairs(PLANETS) do
    ask(("Which planet is number %d from the sun?"):format(place), object("position", place, "planet", planet))
  end
  for i, shape in ipairs(SHAPES) do
    ask(("How many sides has a %s, and what do its angles add up to?"):format(shape),
      object("shape", shape, "sides", i + 2, "angleSum", object("value", i * 180, "unit", "degrees")))
  end
end

-- ---- all together ------------------------------------------------------------------------

small_tables()
while #records < RECORDS do
  choose(choose({ ARITHMETIC, ARITHMETIC, CALENDAR, STRINGS, { unit }, { unit } }))()
end
for i = #records, 2, -1 do
  local j = pick(1, i)
  records[i], records[j] = records[j], records[i]
end
io.write(table.concat(records, "\n"), "\n")
