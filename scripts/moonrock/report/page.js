// SPDX-License-Identifier: MIT
// report/page.js -- what moves in a report: the theme, the filters, the list of samples.
// Every text comes out of the JSON in the page and goes in by textContent, so none can become markup.
// The numbers of all samples are read at once, their texts block by block when they are looked at.
(() => {
  "use strict";

  const PAGE = 50;
  const byId = (id) => document.getElementById(id);
  const index = JSON.parse(byId("index").textContent);
  const two = index.runs.length === 2;

  // ---- small things -------------------------------------------------------------------

  function add(parent, name, className, text) {
    const element = document.createElement(name);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    parent.append(element);
    return element;
  }

  const format = (n) => n.toLocaleString("en-US");

  const blocks = [];
  function textsOf(row) {
    const at = Math.floor(row.at / index.block);
    blocks[at] ??= JSON.parse(byId("texts-" + at).textContent);
    return blocks[at][row.at % index.block];
  }

  // A text that was cut is [its beginning, bytes of the whole].
  const begin = (text) => (Array.isArray(text) ? text[0] : text);

  const facts = (list) => list && {
    status: list[0], scores: list[1], latency: list[2], cost: list[3], input: list[4], output: list[5],
    attempts: list[6], stop: list[7], cached: list[8] === 1,
  };
  const rows = index.rows.map((row, at) => ({
    at, id: row[0], number: row[1], runs: index.runs.map((_, i) => facts(row[i + 2])),
  }));

  // What became of a sample from the first run to the second: the difference of a score, or of "any"
  // score the one that lost most, else the one that gained most; undefined where nothing can be compared.
  function difference(row, scorer) {
    const [a, b] = row.runs;
    if (!a || !b) return undefined;
    let low, high;
    index.scorers.forEach((_, i) => {
      if (scorer !== "" && i !== Number(scorer)) return;
      const [x, y] = [a.scores[i], b.scores[i]];
      if (x == null || y == null) return;
      low = Math.min(low ?? Infinity, y - x);
      high = Math.max(high ?? -Infinity, y - x);
    });
    return low < 0 ? low : high;
  }

  // ---- characters that are not seen ---------------------------------------------------

  const CONTROLS = ("NUL SOH STX ETX EOT ENQ ACK BEL BS TAB LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM "
    + "SUB ESC FS GS RS US").split(" ");
  const NAMES = {
    0x7f: "DEL", 0xad: "SHY", 0x61c: "ALM", 0x200b: "ZWSP", 0x200e: "LRM", 0x200f: "RLM", 0x2028: "LS", 0x2029: "PS",
    0x202a: "LRE", 0x202b: "RLE", 0x202c: "PDF", 0x202d: "LRO", 0x202e: "RLO", 0x2060: "WJ", 0x2066: "LRI",
    0x2067: "RLI", 0x2068: "FSI", 0x2069: "PDI", 0xfeff: "BOM",
  };
  // An ANSI sequence, or a run of controls, format characters and halves of surrogate pairs. What is
  // part of ordinary writing stays: tab, line end, joiners, Arabic number signs.
  const HIDDEN = /\x1b\[[0-9;?]*[ -/]*[@-~]|(?:(?![\t\n\u200c\u200d\u0600-\u0605\u06dd\u070f])[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029])+/gu;

  function symbol(character) {
    const code = character.codePointAt(0);
    return `[${CONTROLS[code] ?? NAMES[code] ?? "U+" + code.toString(16).toUpperCase().padStart(4, "0")}]`;
  }

  // Puts a text into an element, hidden characters as marked names.
  function show(parent, text) {
    let from = 0;
    for (const found of text.matchAll(HIDDEN)) {
      if (found.index > from) parent.append(text.slice(from, found.index));
      const mark = add(parent, "span", "ctl", found[0].replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, symbol));
      mark.title = "characters that are not seen";
      from = found.index + found[0].length;
    }
    if (from < text.length) parent.append(text.slice(from));
  }

  // ---- differences by words -----------------------------------------------------------

  const WORDS = /\s+|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[\p{L}\p{M}\p{N}_]+|[^]/gu;
  const CELLS = 4e6;
  const isBlank = (token) => /^\s+$/.test(token);

  // Tokens as numbers: equal ones have the same, and all white space is equal.
  function numbered(lists) {
    const numbers = new Map();
    const numberOf = (token) => {
      const key = isBlank(token) ? " " : token;
      if (!numbers.has(key)) numbers.set(key, numbers.size);
      return numbers.get(key);
    };
    return lists.map((list) => Uint32Array.from(list, numberOf));
  }

  // Which tokens of a and b are in their longest common subsequence; null when that is too much work.
  function kept(a, b) {
    const inA = new Uint8Array(a.length);
    const inB = new Uint8Array(b.length);
    let start = 0;
    let [endA, endB] = [a.length, b.length];
    while (start < endA && start < endB && a[start] === b[start]) inA[start] = inB[start++] = 1;
    while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) inA[--endA] = inB[--endB] = 1;
    const [n, m] = [endA - start, endB - start];
    if (n * m > CELLS) return null;
    const width = m + 1;
    const table = new Uint32Array((n + 1) * width);
    for (let i = n - 1; i >= 0; i--) {
      for (let j = m - 1; j >= 0; j--) {
        table[i * width + j] = a[start + i] === b[start + j] ? table[(i + 1) * width + j + 1] + 1
          : Math.max(table[(i + 1) * width + j], table[i * width + j + 1]);
      }
    }
    for (let i = 0, j = 0; i < n && j < m;) {
      if (a[start + i] === b[start + j]) inA[start + i++] = inB[start + j++] = 1;
      else if (table[(i + 1) * width + j] >= table[i * width + j + 1]) i++;
      else j++;
    }
    return [inA, inB];
  }

  // Two texts as tokens with marks; by lines where there are too many words, else changed as a whole.
  function compared(a, b) {
    for (const pattern of [WORDS, /[^\n]*\n|[^\n]+/g]) {
      const tokens = [a.match(pattern) ?? [], b.match(pattern) ?? []];
      const marks = kept(...numbered(tokens));
      if (marks) return tokens.map((list, i) => ({ tokens: list, kept: marks[i] }));
    }
    return [a, b].map((text) => ({ tokens: [text], kept: [0] }));
  }

  function paint(parent, { tokens, kept: marks }, name) {
    const changed = (i) => !marks[i] || (isBlank(tokens[i]) && marks[i - 1] === 0 && marks[i + 1] === 0);
    for (let i = 0; i < tokens.length;) {
      const isChanged = changed(i);
      let text = "";
      while (i < tokens.length && changed(i) === isChanged) text += tokens[i++];
      show(isChanged ? add(parent, name) : parent, text);
    }
  }

  // ---- one sample ---------------------------------------------------------------------

  // A titled text; `fill` puts it into its element.
  function column(parent, title, text, fill) {
    const box = add(parent, "div");
    const head = add(box, "h3");
    show(add(head, "bdi"), title);
    if (text == null) {
      add(box, "p", "facts", "none");
      return box;
    }
    const pre = add(box, "pre");
    pre.dir = "auto";
    pre.tabIndex = 0;
    pre.setAttribute("role", "group");
    pre.setAttribute("aria-label", title);
    fill ? fill(pre) : show(pre, begin(text));
    if (text === "") add(box, "p", "facts", "empty");
    if (Array.isArray(text)) {
      add(box, "p", "facts", `Cut: the beginning of ${format(text[1])} bytes is shown.`);
    }
    return box;
  }

  const own = (map, name) => (map && Object.hasOwn(map, name) ? map[name] : undefined);

  function tell(parent, run, told) {
    const list = [run.status, run.stop];
    if (run.latency != null) list.push(`${format(run.latency)} ms`);
    if (run.input != null) list.push(`${format(run.input)} tokens in, ${format(run.output ?? 0)} out`);
    if (run.cost != null) list.push(`USD ${run.cost.toPrecision(3)}`);
    if (run.attempts > 1) list.push(`${run.attempts} attempts`);
    if (run.cached) list.push("from the cache");
    show(add(parent, "p", "facts"), list.filter(Boolean).join(" \u00b7 "));
    index.scorers.forEach((name, i) => {
      const why = own(told.d, name) ?? own(told.u, name);
      if (run.scores[i] == null && why == null) return;
      const line = add(parent, "p", "facts");
      show(add(line, "bdi"), name);
      line.append(run.scores[i] == null ? " not judged" : ` ${Number(run.scores[i].toFixed(4))}`);
      if (why != null) {
        line.append(": ");
        show(add(line, "bdi"), begin(why));
      }
    });
    if (told.e != null) show(add(add(parent, "p", "facts"), "bdi"), begin(told.e));
  }

  function fill(body, row) {
    const texts = textsOf(row);
    const mark = byId("marks").value;
    show(add(add(body, "p", "facts", "id "), "bdi"), row.id);
    const asked = add(body, "div", "texts");
    for (const [who, text] of texts.q) column(asked, who ? `Asked (${who})` : "Asked", text);
    const told = add(body, "div", "texts");
    column(told, "Expected", texts.x);
    const answers = texts.r.map((one) => one?.a);
    const readable = answers.map((text) => (text == null ? null : begin(text)));
    let marks = [];
    if (mark === "runs" && two && readable[0] != null && readable[1] != null) {
      marks = compared(readable[0], readable[1]);
    } else if (mark === "expected" && texts.x != null) {
      marks = readable.map((text) => text != null && compared(begin(texts.x), text)[1]);
    }
    index.runs.forEach((name, i) => {
      const element = mark === "runs" && i === 0 ? "del" : "ins";
      const box = column(told, name, answers[i], marks[i] && ((pre) => paint(pre, marks[i], element)));
      if (row.runs[i]) tell(box, row.runs[i], texts.r[i]);
      else add(box, "p", "facts", "not asked in this run");
    });
  }

  function chips(parent, row) {
    row.runs.forEach((run) => {
      if (run && run.status !== "scored") add(parent, "span", `pill ${run.status}`, run.status);
    });
    const chosen = byId("scorer").value;
    index.scorers.forEach((name, i) => {
      if (chosen !== "" && Number(chosen) !== i) return;
      const values = row.runs.map((run) => run?.scores[i]).filter((value) => value != null);
      if (values.length === 0) return;
      const change = values.length === 2 ? Math.sign(values[1] - values[0]) : 0;
      const said = values.map((value) => Number(value.toFixed(3))).join(" \u2192 ");
      const chip = add(parent, "span", `pill ${["worse", "", "better"][change + 1]}`);
      show(add(chip, "bdi"), name);
      chip.append(` ${said}${["\u00a0\u25bc", "", "\u00a0\u25b2"][change + 1]}`);
    });
  }

  function item(row) {
    const details = document.createElement("details");
    const summary = add(details, "summary");
    add(summary, "span", "number", row.number);
    const asked = begin(textsOf(row).q.at(-1)[1]).slice(0, 200).replace(/\s+/g, " ");
    const preview = add(summary, "bdi", "preview");
    preview.dir = "auto";
    show(preview, asked);
    chips(add(summary, "span", "chips"), row);
    details.addEventListener("toggle", () => {
      if (details.open && !details.querySelector(".body")) fill(add(details, "div", "body"), row);
    });
    return details;
  }

  // ---- the list -----------------------------------------------------------------------

  let shown = rows;
  let first = 0;

  function draw() {
    const list = byId("list");
    list.replaceChildren(...shown.slice(first, first + PAGE).map(item));
    const last = Math.min(first + PAGE, shown.length);
    byId("count").textContent = `${format(shown.length)} of ${format(rows.length)} samples`;
    byId("page").textContent = shown.length ? `${format(first + 1)} to ${format(last)} of ${format(shown.length)}` : "";
    byId("pages").hidden = shown.length === 0;
    byId("previous").disabled = first === 0;
    byId("next").disabled = last === shown.length;
  }

  function holds(row, words) {
    const texts = textsOf(row);
    const found = (text) => text != null && begin(text).toLowerCase().includes(words);
    return row.id.toLowerCase().includes(words) || texts.q.some((turn) => found(turn[1])) || found(texts.x)
      || texts.r.some((one) => one && (found(one.a) || found(one.e)));
  }

  const CHANGES = {
    changed: (d) => d < 0 || d > 0, worse: (d) => d < 0, better: (d) => d > 0, same: (d) => d === 0,
  };
  const slowest = (row) => Math.max(...row.runs.map((run) => run?.latency ?? -1));
  const dearest = (row) => row.runs.reduce((sum, run) => sum + (run?.cost ?? 0), 0);

  function filter() {
    const value = (id) => byId(id).value;
    const [scorer, change, status] = [value("scorer"), value("change"), value("status")];
    const words = value("text").trim().toLowerCase();
    const last = index.runs.length - 1;
    const lost = (row) => (two ? difference(row, scorer) : row.runs[0]?.scores[scorer === "" ? 0 : scorer]) ?? Infinity;
    const hasScore = (row) => row.runs.some((run) => run?.scores[scorer] != null);
    shown = rows.filter((row) => (scorer === "" || hasScore(row))
      && (change === "" || CHANGES[change](difference(row, scorer)))
      && (status === "" || row.runs.some((run) => run?.status === status))
      && (words === "" || holds(row, words)));
    const order = {
      lost: (a, b) => lost(a) - lost(b) || a.at - b.at,
      slow: (a, b) => slowest(b) - slowest(a) || a.at - b.at,
      dear: (a, b) => dearest(b) - dearest(a) || a.at - b.at,
      long: (a, b) => (b.runs[last]?.output ?? -1) - (a.runs[last]?.output ?? -1) || a.at - b.at,
    }[value("order")];
    if (order) shown.sort(order);
    first = 0;
    draw();
  }

  function options(id, list) {
    for (const [value, text] of list) add(byId(id), "option", "", text).value = value;
  }

  // Marks anew what is open, and forgets what was opened before.
  function markAgain() {
    [...byId("list").children].forEach((details, i) => {
      details.querySelector(".body")?.remove();
      if (details.open) fill(add(details, "div", "body"), shown[first + i]);
    });
  }

  function turn(by) {
    first = Math.max(0, Math.min(first + by, shown.length - 1));
    draw();
    byId("list").firstElementChild?.firstElementChild.focus();
  }

  function setUp() {
    options("scorer", index.scorers.map((name, i) => [i, name]));
    const statuses = new Set(rows.flatMap((row) => row.runs.filter(Boolean).map((run) => run.status)));
    options("status", [...statuses].sort().map((name) => [name, name]));
    options("order", [["lost", two ? "what lost most first" : "lowest score first"], ["slow", "slowest first"],
      ["dear", "dearest first"], ["long", "longest answer first"]]);
    if (two) {
      options("change", [["changed", "changed"], ["worse", "worse"], ["better", "better"], ["same", "same"]]);
      options("marks", [["runs", "between the answers"]]);
    } else {
      byId("change").parentElement.hidden = true;
    }
    options("marks", [["expected", "against expected"], ["", "nothing"]]);

    let timer;
    const form = byId("filters");
    form.addEventListener("input", (event) => {
      if (event.target.id === "marks") return markAgain();
      clearTimeout(timer);
      timer = setTimeout(filter, event.target.id === "text" ? 150 : 0);
    });
    form.addEventListener("reset", () => setTimeout(filter));
    form.addEventListener("submit", (event) => event.preventDefault());
    byId("previous").addEventListener("click", () => turn(-PAGE));
    byId("next").addEventListener("click", () => turn(PAGE));
    byId("all").addEventListener("click", () => {
      for (const details of byId("list").children) details.open = true;
    });
    // Up and down go from one sample to the next.
    byId("list").addEventListener("keydown", (event) => {
      const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
      if (!step || event.target.localName !== "summary") return;
      event.preventDefault();
      event.target.parentElement[step]?.firstElementChild.focus();
    });
    form.hidden = false;
    draw();
  }

  // ---- the theme ----------------------------------------------------------------------

  const THEMES = ["auto", "light", "dark"];

  function setTheme(name) {
    if (name === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = name;
    byId("theme").textContent = `Theme: ${name}`;
    try {
      localStorage.setItem("moonrock-theme", name);
    } catch { /* a page from a file may have no storage */ }
  }

  let theme = "auto";
  try {
    theme = localStorage.getItem("moonrock-theme") ?? "auto";
  } catch { /* as above */ }
  if (!THEMES.includes(theme)) theme = "auto";
  setTheme(theme);
  byId("theme").hidden = false;
  byId("theme").addEventListener("click", () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
    setTheme(theme);
  });

  setUp();
})();
