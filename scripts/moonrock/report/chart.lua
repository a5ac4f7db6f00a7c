-- SPDX-License-Identifier: MIT
-- report/chart.lua -- charts as inline SVG: lines, bars, intervals.
-- Colours and fonts are the style sheet's, by the class of a series ("s1", "s2"), so that a chart
-- follows the page from light to dark. All sizes are in units of the viewBox.

local html = require "moonrock.report.html"

local M = {}

local WIDTH, HEIGHT = 400, 220
local LEFT, RIGHT, TOP, BOTTOM = 54, 14, 12, 40
local INNER = WIDTH - LEFT - RIGHT

local floor, log10 = math.floor, function(x) return math.log(x, 10) end

-- A step of 1, 2 or 5 times a power of ten that divides the span into about `wanted` parts.
local function step_of(span, wanted)
  local raw = span / wanted
  local power = 10.0 ^ floor(log10(raw))
  local lead = raw / power
  return power * (lead <= 1 and 1 or lead <= 2 and 2 or lead <= 5 and 5 or 10)
end

local function linear_ticks(low, high)
  local step, ticks = step_of(high - low, 5), {}
  for i = math.ceil(low / step - 1e-9), floor(high / step + 1e-9) do
    ticks[#ticks + 1] = i * step
  end
  return ticks
end

local function log_ticks(low, high)
  local ticks = {}
  local leads = log10(high / low) < 1.5 and { 1, 2, 5 } or { 1 }
  for power = floor(log10(low)), math.ceil(log10(high)) do
    for _, lead in ipairs(leads) do
      local value = lead * 10.0 ^ power
      if value >= low * 0.999 and value <= high * 1.001 then
        ticks[#ticks + 1] = value
      end
    end
  end
  return ticks
end

-- From values to places; `ticks` are values. is_whole: the ends are ticks as well.
local function scale(low, high, from, to, is_log, is_whole)
  if is_log then
    low, high = math.max(low, 1e-9), math.max(high, 1e-9)
    if high <= low * 1.01 then
      low, high = low / 2, high * 2
    end
    local a, b = log10(low), log10(high)
    return { ticks = log_ticks(low, high),
      place = function(value) return from + (log10(math.max(value, low)) - a) / (b - a) * (to - from) end }
  end
  if high <= low then
    local pad = low == 0 and 1 or math.abs(low) / 2
    low, high = low - pad, high + pad
  end
  if is_whole then
    local step = step_of(high - low, 5)
    low, high = floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
  end
  return { ticks = linear_ticks(low, high),
    place = function(value) return from + (value - low) / (high - low) * (to - from) end }
end

---A number for people: thousands apart, four digits of what is no integer.
---@param value number
---@return string
function M.number(value)
  if value ~= floor(value) or math.abs(value) >= 1e15 then
    return ("%.4g"):format(value)
  end
  return (("%.0f"):format(value):reverse():gsub("(%d%d%d)", "%1,"):reverse():gsub("^(-?),", "%1"))
end

local number = M.number

-- The figure around a drawing: its words for those who do not see it, and a legend.
local function figure(chart, drawing)
  local out = { '<figure class="card"><figcaption>', html.text(chart.title) }
  if #(chart.series or {}) > 1 then
    for i, series in ipairs(chart.series) do
      out[#out + 1] = (' <span class="key k%d">%s</span>'):format(series.class or i, html.name(series.name))
    end
  end
  out[#out + 1] = ('</figcaption>\n<svg viewBox="0 0 %d %d" role="img" aria-label="%s">\n'):format(WIDTH, HEIGHT,
    html.text(chart.title .. ". " .. (chart.description or "")))
  out[#out + 1] = drawing
  out[#out + 1] = "</svg></figure>\n"
  return table.concat(out)
end

local function axes(out, chart, x, y)
  local bottom = HEIGHT - BOTTOM
  for _, value in ipairs(y.ticks) do
    local at = y.place(value)
    out[#out + 1] = ('<path class="grid" d="M%d %.1fH%d"/><text x="%d" y="%.1f" text-anchor="end">%s</text>\n')
      :format(LEFT, at, WIDTH - RIGHT, LEFT - 6, at + 4, number(value))
  end
  for _, value in ipairs(x and x.ticks or {}) do
    out[#out + 1] = ('<text x="%.1f" y="%d" text-anchor="middle">%s</text>\n'):format(x.place(value),
      bottom + 16, number(value))
  end
  out[#out + 1] = ('<path class="axis" d="M%d %dH%d"/>\n'):format(LEFT, bottom, WIDTH - RIGHT)
  out[#out + 1] = ('<text x="%d" y="%d" text-anchor="middle">%s</text>\n'):format(
    LEFT + INNER // 2, HEIGHT - 6, html.text(chart.x_label))
end

local function limits(chart)
  local x1, x2, y1, y2 = math.huge, -math.huge, chart.from_zero and 0 or math.huge, -math.huge
  for _, series in ipairs(chart.series) do
    for _, point in ipairs(series.points) do
      x1, x2 = math.min(x1, point[1]), math.max(x2, point[1])
      y1, y2 = math.min(y1, point[2]), math.max(y2, point[2])
    end
  end
  return x1, x2, y1, y2
end

-- Of many points only the least and the greatest of each slice of the width are seen.
local function thinned(points, slices)
  if #points <= slices * 2 then
    return points
  end
  local out = { points[1] }
  for slice = 0, slices - 1 do
    local from, to = slice * #points // slices + 1, (slice + 1) * #points // slices
    local least, most = from, from
    for i = from, to do
      if points[i][2] < points[least][2] then least = i end
      if points[i][2] > points[most][2] then most = i end
    end
    out[#out + 1] = points[math.min(least, most)]
    out[#out + 1] = points[math.max(least, most)]
  end
  out[#out + 1] = points[#points]
  return out
end

---Lines over a numeric axis.
---@param chart { title: string, description?: string, x_label: string, series: { name: string, points: number[][],
---class?: integer }[], log?: boolean, from_zero?: boolean, marks?: number[] } log: of the x axis; marks: x of thin
---lines; class: which of the colours, by default the place of the series
---@return string html
function M.lines(chart)
  local x1, x2, y1, y2 = limits(chart)
  local x = scale(x1, x2, LEFT, WIDTH - RIGHT, chart.log)
  local y = scale(y1, y2, HEIGHT - BOTTOM, TOP, false, true)
  local out = {}
  for _, at in ipairs(chart.marks or {}) do
    out[#out + 1] = ('<path class="mark" d="M%.1f %dV%d"/>\n'):format(x.place(at), TOP, HEIGHT - BOTTOM)
  end
  axes(out, chart, x, y)
  for i, series in ipairs(chart.series) do
    local way = {}
    for _, point in ipairs(thinned(series.points, INNER // 2)) do
      way[#way + 1] = ("%.1f %.1f"):format(x.place(point[1]), y.place(point[2]))
    end
    if #way == 1 then
      way[2] = way[1] -- one point: the round end of the line is the dot
    end
    out[#out + 1] = ('<path class="line s%d" d="M%s"/>\n'):format(series.class or i, table.concat(way, "L"))
  end
  return figure(chart, table.concat(out))
end

---Bars side by side for each label; each says its own number when pointed at.
---@param chart { title: string, description?: string, x_label: string, labels: string[],
---series: { name: string, values: number[], notes: string[] }[] }
---@return string html
function M.bars(chart)
  local most = 0
  for _, series in ipairs(chart.series) do
    most = math.max(most, table.unpack(series.values))
  end
  local y = scale(0, most > 0 and most or 1, HEIGHT - BOTTOM, TOP, false, true)
  local out = {}
  axes(out, chart, nil, y)
  local slot = INNER / #chart.labels
  local width = math.min(44, slot * 0.8 / #chart.series)
  for at, label in ipairs(chart.labels) do
    local middle = LEFT + (at - 0.5) * slot
    out[#out + 1] = ('<text x="%.1f" y="%d" text-anchor="middle">%s</text>\n'):format(middle,
      HEIGHT - BOTTOM + 16, html.text(label))
    for i, series in ipairs(chart.series) do
      local top = y.place(series.values[at])
      out[#out + 1] = ('<rect class="bar b%d" x="%.1f" y="%.1f" width="%.1f" height="%.1f"><title>%s</title></rect>\n')
        :format(i, middle + (i - 1 - #chart.series / 2) * width, top, width, HEIGHT - BOTTOM - top,
          html.text(series.notes[at]))
    end
  end
  return figure(chart, table.concat(out))
end

---One estimate with its interval on an axis that the rows of a table share. Decoration: the numbers
---stand beside it.
---@param part { estimate: number, low: number, high: number, class: string }
---@param from number
---@param to number
---@return string html
function M.interval(part, from, to)
  local place = scale(from, to, 6, 154).place
  local zero = from < 0 and to > 0 and ('<path class="zero" d="M%.1f 2V22"/>'):format(place(0)) or ""
  return ('<svg class="interval" viewBox="0 0 160 24" aria-hidden="true"><path class="grid" d="M6 12H154"/>%s'
    .. '<path class="span %s" d="M%.1f 12H%.1f"/><circle class="%s" cx="%.1f" cy="12" r="4.5"/></svg>'):format(zero,
    part.class, place(part.low), place(part.high), part.class, place(part.estimate))
end

return M
