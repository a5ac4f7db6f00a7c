-- SPDX-License-Identifier: MIT
-- emulator.model: the small language model that stands in for tuning.
-- An interpolated 4-gram model over word pieces (each order backs off to the one below by
-- Dirichlet smoothing), fitted step by step to the answers of the training file.  So the losses
-- in the metric files are real losses of something that really learns: they fall with steps and
-- epochs, faster with a larger learning rate multiplier, and a validation set can get worse.
-- A tuned model answers with the training example nearest to the question (TF-IDF cosine).

local json = require "moonrock.json"

local exp, floor, log, max, min, sqrt = math.exp, math.floor, math.log, math.max, math.min, math.sqrt
local byte, find, gmatch, lower, sub = string.byte, string.find, string.gmatch, string.lower, string.sub

local M = {}

-- Visits of pieces in one fit: bounds its time (about a third of a second) whatever the data.
local visit_budget = 200000
local smoothing = 4.0 -- strength of the lower order
local vocabulary = 4096 -- a piece never seen costs about log(vocabulary)
local step_weight = 0.4 -- what one visit adds to a count at learning rate multiplier 1
local mix = 0x9E3779B97F4A7C15 -- odd multiplier that spreads the keys of the highest order

---@class moonrock.emulator.Example
---@field system string
---@field question string the user turn before the answer
---@field answer string

--- The examples of a training file: one for each answer of the assistant.
---@param text string JSON lines that have passed the lint
---@return moonrock.emulator.Example[] examples
---@return integer records
function M.examples(text)
  local out, records = {}, 0
  for line in gmatch(text, "[^\r\n]+") do
    local record = json.decode(line)
    if type(record) == "table" then
      records = records + 1
      local question = ""
      for _, message in ipairs(record.messages or {}) do
        local content = message.content
        if type(content) == "table" then content = M.text_of(content) end
        if message.role == "user" then
          question = content or ""
        elseif message.role == "assistant" then
          local system = record.system
          if type(system) == "table" then system = M.text_of(system) end
          out[#out + 1] = { system = system or "", question = question, answer = content or "", record = records }
        end
      end
      if record.prompt and record.completion then
        out[#out + 1] = { system = "", question = record.prompt, answer = record.completion, record = records }
      end
    end
  end
  return out, records
end

--- The text of a list of content blocks.
---@param blocks table[]
---@return string
function M.text_of(blocks)
  local texts = {}
  for _, block in ipairs(blocks) do
    local guarded = type(block) == "table" and type(block.guardContent) == "table" and block.guardContent.text
    local text = type(guarded) == "table" and guarded.text or type(block) == "table" and block.text
    if type(text) == "string" then texts[#texts + 1] = text end
  end
  return table.concat(texts, "\n")
end

-- Pieces: a word, a run of blanks, up to three digits or marks.
local function piece_end(text, at)
  local b = byte(text, at)
  if b >= 97 and b <= 122 or b >= 65 and b <= 90 or b >= 128 then
    local _, last = find(text, "^[%a\128-\255]+", at)
    return last
  elseif b >= 48 and b <= 57 then
    local _, last = find(text, "^%d+", at)
    return min(last, at + 2) -- numbers come in groups of three
  elseif b == 32 or b >= 9 and b <= 13 then
    local _, last = find(text, "^%s+", at)
    return last
  end
  local _, last = find(text, "^%p+", at)
  return min(last or at, at + 2)
end

-- The first `limit` pieces as small integers.
local function pieces_of(text, limit, ids)
  local out, at, n, size = {}, 1, 0, #text
  while at <= size and n < limit do
    local last = piece_end(text, at)
    local piece = sub(text, at, last)
    local id = ids[piece]
    if not id then
      id = ids.n + 1
      ids.n = id
      ids[piece] = id
    end
    n = n + 1
    out[n] = id
    at = last + 1
  end
  return out
end

---@class moonrock.emulator.Gram
local function new_gram()
  return { n1 = 0.0, c1 = {}, n2 = {}, c2 = {}, n3 = {}, c3 = {}, n4 = {}, c4 = {} }
end

-- Sum of -log p over a text's pieces; learns from them with that weight when weight > 0.
-- Ids have 20 bits, so three of them make an exact key; the fourth order is hashed.
local function visit(gram, pieces, weight)
  local c1, n2, c2, n3, c3, n4, c4 = gram.c1, gram.n2, gram.c2, gram.n3, gram.c3, gram.n4, gram.c4
  local a, b, c, sum = 0, 0, 0, 0.0
  for i = 1, #pieces do
    local w = pieces[i]
    local bc, abc = b << 20 | c, a << 40 | b << 20 | c
    local cw, bcw, abcw = c << 20 | w, b << 40 | c << 20 | w, abc * mix + w
    local p = ((c1[w] or 0.0) + smoothing / vocabulary) / (gram.n1 + smoothing)
    p = ((c2[cw] or 0.0) + smoothing * p) / ((n2[c] or 0.0) + smoothing)
    p = ((c3[bcw] or 0.0) + smoothing * p) / ((n3[bc] or 0.0) + smoothing)
    p = ((c4[abcw] or 0.0) + smoothing * p) / ((n4[abc] or 0.0) + smoothing)
    sum = sum - log(p)
    if weight > 0 then
      c1[w], gram.n1 = (c1[w] or 0.0) + weight, gram.n1 + weight
      c2[cw], n2[c] = (c2[cw] or 0.0) + weight, (n2[c] or 0.0) + weight
      c3[bcw], n3[bc] = (c3[bcw] or 0.0) + weight, (n3[bc] or 0.0) + weight
      c4[abcw], n4[abc] = (c4[abcw] or 0.0) + weight, (n4[abc] or 0.0) + weight
    end
    a, b, c = b, c, w
  end
  return sum
end

-- A shuffled order of 1..n, the same for the same seed.
local function shuffled(n, seed)
  local order, x = {}, seed & 0x7fffffff
  for i = 1, n do order[i] = i end
  for i = n, 2, -1 do
    x = (x * 1103515245 + 12345) & 0x7fffffff
    local j = 1 + (x >> 8) % i
    order[i], order[j] = order[j], order[i]
  end
  return order
end

---@class moonrock.emulator.Fit
---@field rows { step: integer, epoch: integer, loss: number }[] one per step
---@field validation { step: integer, epoch: integer, loss: number }[] one per epoch
---@field loss number mean of the last epoch
---@field validation_loss number|nil

--- Fits the model and tells the losses on the way.
--- `options`: epochs, batch, rate (multiplier), threshold, patience, seed (an integer).
---@param examples moonrock.emulator.Example[]
---@param validation moonrock.emulator.Example[]|nil
---@param options table
---@return moonrock.emulator.Fit
function M.fit(examples, validation, options)
  local epochs, batch = options.epochs, options.batch
  local n = #examples
  local window = max(8, min(200, floor(visit_budget / max(1, n * epochs))))
  local ids, gram = { n = 0 }, new_gram()
  local texts, held = {}, {}
  for i, example in ipairs(examples) do
    -- What a base model knows already: a little of how the questions read.
    visit(gram, pieces_of(example.question, 12, ids), 0.5)
    texts[i] = pieces_of(example.answer, window, ids)
  end
  for i, example in ipairs(validation or {}) do held[i] = pieces_of(example.answer, min(window, 40), ids) end
  local rows, held_rows, step, best, stale = {}, {}, 0, nil, 0
  local weight, last_epoch_loss = step_weight * options.rate, nil
  for epoch = 0, epochs - 1 do
    local order = shuffled(n, (options.seed or 0) + epoch * 7919)
    local epoch_sum, epoch_pieces = 0.0, 0
    for first = 1, n, batch do
      local sum, count = 0.0, 0
      for i = first, min(first + batch - 1, n) do
        local pieces = texts[order[i]]
        sum = sum + visit(gram, pieces, weight)
        count = count + #pieces
      end
      rows[#rows + 1] = { step = step, epoch = epoch, loss = count > 0 and sum / count or 0.0 }
      epoch_sum, epoch_pieces, step = epoch_sum + sum, epoch_pieces + count, step + 1
    end
    last_epoch_loss = epoch_pieces > 0 and epoch_sum / epoch_pieces or 0.0
    if held[1] then
      local sum, count = 0.0, 0
      for _, pieces in ipairs(held) do
        sum = sum + visit(gram, pieces, 0)
        count = count + #pieces
      end
      local loss = count > 0 and sum / count or 0.0
      held_rows[#held_rows + 1] = { step = step - 1, epoch = epoch, loss = loss }
      if best and best - loss < (options.threshold or 0) then
        stale = stale + 1
        if stale >= (options.patience or epochs) then break end
      else
        stale = 0
      end
      best = best and min(best, loss) or loss
    end
  end
  local last = held_rows[#held_rows]
  return { rows = rows, validation = held_rows, loss = last_epoch_loss or 0.0, validation_loss = last and last.loss }
end

--- A metric file.  Column names: user guide; six decimals and epochs from 0 are our choice, the
--- guide names neither.  Perplexity is exp(loss).
---@param rows table[]
---@param column "training_loss"|"validation_loss"
---@return string
function M.csv(rows, column)
  local out = { "step_number,epoch_number," .. column .. ",perplexity\n" }
  for i, row in ipairs(rows) do
    out[i + 1] = ("%d,%d,%.6f,%.6f\n"):format(row.step, row.epoch, row.loss, exp(row.loss))
  end
  return table.concat(out)
end

-- ---- answers ---------------------------------------------------------------------------

local function words_of(text, each)
  for word in gmatch(lower(text), "[%w\128-\255]+") do each(word) end
end

---@class moonrock.emulator.Answerer
local Answerer = {}
Answerer.__index = Answerer

local function vector_of(example_or_query, idf)
  local counts = {}
  words_of(example_or_query.question, function(word) counts[word] = (counts[word] or 0) + 1 end)
  words_of(example_or_query.system, function(word) counts[word] = (counts[word] or 0) + 0.25 end)
  local words = {}
  for word in pairs(counts) do words[#words + 1] = word end
  table.sort(words)
  if not idf then return words, counts end
  local square = 0.0
  for _, word in ipairs(words) do
    local value = counts[word] * (idf[word] or 0)
    counts[word] = value
    square = square + value * value
  end
  return words, counts, sqrt(square)
end

--- Something that answers from examples.
---@param examples moonrock.emulator.Example[]
function M.answerer(examples)
  local in_documents = {}
  for _, example in ipairs(examples) do
    for _, word in ipairs((vector_of(example))) do in_documents[word] = (in_documents[word] or 0) + 1 end
  end
  local idf = {}
  for word, count in pairs(in_documents) do idf[word] = log(1 + #examples / count) end
  local postings = {}
  for index, example in ipairs(examples) do
    local words, values, norm = vector_of(example, idf)
    for _, word in ipairs(words) do
      local list = postings[word]
      if not list then
        list = {}
        postings[word] = list
      end
      list[#list + 1] = index
      list[#list + 1] = norm > 0 and values[word] / norm or 0
    end
  end
  return setmetatable({ examples = examples, idf = idf, postings = postings }, Answerer)
end

--- The answer of the nearest example; the first of equals.
---@param question string
---@param system string
---@return string answer
---@return number similarity 0..1
function Answerer:answer(question, system)
  local words, values, norm = vector_of({ question = question, system = system }, self.idf)
  local scores = {}
  for _, word in ipairs(words) do
    local list = self.postings[word]
    if list and values[word] > 0 then
      for i = 1, #list, 2 do scores[list[i]] = (scores[list[i]] or 0) + values[word] * list[i + 1] end
    end
  end
  local best, best_score = 1, 0.0
  for index = 1, #self.examples do
    local score = scores[index] or 0
    if score > best_score + 1e-12 then best, best_score = index, score end
  end
  local example = self.examples[best]
  return example and example.answer or "", norm > 0 and best_score / norm or 0
end

-- ---- tokens ----------------------------------------------------------------------------

-- Tokens of one piece: words are cut about every five letters, blanks belong to what follows.
local function piece_tokens(text, at, last)
  local b = byte(text, at)
  if b == 32 and last == at then return 0 end
  return (last - at) // 5 + 1
end

--- Tokens of a text, by the stand-in's own count (no tokenizer of any real model).
---@param text string
---@return integer
function M.count(text)
  local at, n, size = 1, 0, #text
  while at <= size do
    local last = piece_end(text, at)
    n = n + piece_tokens(text, at, last)
    at = last + 1
  end
  return n
end

--- A text in the pieces in which a stream gives it, each with its tokens; a blank goes with the
--- word behind it.  There is one piece at least, if an empty one.
---@param text string
---@return { text: string, tokens: integer }[]
function M.pieces(text)
  local list, start, at, size = {}, 1, 1, #text
  while at <= size do
    local last = piece_end(text, at)
    local tokens = piece_tokens(text, at, last)
    if tokens > 0 or last == size then
      list[#list + 1] = { text = sub(text, start, last), tokens = tokens }
      start = last + 1
    end
    at = last + 1
  end
  if size == 0 then list[1] = { text = "", tokens = 0 } end
  return list
end

--- The longest start of a text with at most `limit` tokens.
---@param text string
---@param limit integer
---@return string
---@return boolean cut
---@return integer tokens of what is returned
function M.cut(text, limit)
  local at, n, size = 1, 0, #text
  while at <= size do
    local last = piece_end(text, at)
    local more = piece_tokens(text, at, last)
    if n + more > limit then return sub(text, 1, at - 1), true, n end
    n = n + more
    at = last + 1
  end
  return text, false, n
end

return M
