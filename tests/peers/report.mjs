// SPDX-License-Identifier: MIT
// A browser reads reports:  node report.mjs CHROMIUM SMALL.html LARGE.html PICTURES [AXE.js]
// Chromium is driven over its debugging pipe (the DevTools protocol), without any package. SMALL is of
// the runs of report_runs.lua with COUNT 300, LARGE with 10,000. Screenshots go to the folder PICTURES.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [program, small, large, pictures, axe] = process.argv.slice(2);
const home = mkdtempSync(join(tmpdir(), "report-browser-"));

// ---- the browser ------------------------------------------------------------------------

class Browser {
  constructor() {
    this.process = spawn(program, ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
      "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
      `--user-data-dir=${home}`, "--remote-debugging-pipe", "about:blank"],
    { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    this.waiting = new Map();
    this.listeners = new Set();
    this.last = 0;
    let rest = "";
    this.process.stdio[4].setEncoding("utf8").on("data", (text) => {
      const messages = (rest + text).split("\0");
      rest = messages.pop();
      for (const message of messages) this.take(JSON.parse(message));
    });
    this.process.once("exit", () => {
      for (const { reject } of this.waiting.values()) reject(new Error("the browser has ended"));
    });
  }

  take(message) {
    const one = this.waiting.get(message.id);
    if (!one) return this.listeners.forEach((listener) => listener(message.method, message.params));
    this.waiting.delete(message.id);
    message.error ? one.reject(new Error(`${one.method}: ${message.error.message}`)) : one.resolve(message.result);
  }

  send(method, params = {}) {
    const id = ++this.last;
    this.process.stdio[3].write(JSON.stringify({ id, method, params, sessionId: this.session }) + "\0");
    return new Promise((resolve, reject) => this.waiting.set(id, { method, resolve, reject }));
  }

  until(method) {
    return new Promise((resolve) => {
      const listener = (name, params) => {
        if (name === method) {
          this.listeners.delete(listener);
          resolve(params);
        }
      };
      this.listeners.add(listener);
    });
  }

  async attach() {
    const { targetId } = await this.send("Target.createTarget", { url: "about:blank" });
    this.session = (await this.send("Target.attachToTarget", { targetId, flatten: true })).sessionId;
    for (const domain of ["Page", "Runtime", "Log", "Network"]) await this.send(`${domain}.enable`);
  }

  async open(path) {
    const loaded = this.until("Page.loadEventFired");
    await this.send("Page.navigate", { url: pathToFileURL(resolve(path)).href });
    await loaded;
  }

  // What a function gives in the page; it is sent as text.
  async run(f, ...args) {
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", {
      expression: `(${f})(...${JSON.stringify(args)})`, awaitPromise: true, returnByValue: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  async key(key, modifiers = 0) {
    const text = { Enter: "\r" }[key];
    const code = { Tab: 9, Enter: 13, ArrowDown: 40, ArrowUp: 38 }[key];
    const event = { key, code: key, windowsVirtualKeyCode: code, modifiers, text };
    await this.send("Input.dispatchKeyEvent", { type: text ? "keyDown" : "rawKeyDown", ...event });
    await this.send("Input.dispatchKeyEvent", { type: "keyUp", ...event });
  }

  async look(name, { width, height = 900, dark = false, whole = false }) {
    await this.send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: false });
    await this.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }] });
    const { data } = await this.send("Page.captureScreenshot", { captureBeyondViewport: whole,
      clip: whole ? { x: 0, y: 0, width, height: await this.run(() => document.documentElement.scrollHeight), scale: 1 }
        : undefined });
    writeFileSync(join(pictures, `${name}.png`), Buffer.from(data, "base64"));
  }
}

const browser = new Browser();
const noise = []; // what a quiet page never does
browser.listeners.add((method, params) => {
  if (method === "Runtime.consoleAPICalled") noise.push(`console: ${params.args.map((a) => a.value).join(" ")}`);
  if (method === "Runtime.exceptionThrown") noise.push(`exception: ${params.exceptionDetails.exception?.description}`);
  if (method === "Log.entryAdded") noise.push(`log: ${params.entry.text}`);
  if (method === "Page.javascriptDialogOpening") noise.push(`dialog: ${params.message}`);
  if (method === "Network.requestWillBeSent" && !(params.type === "Document" && params.request.url.startsWith("file:"))) {
    noise.push(`request: ${params.request.url}`);
  }
});

let failed = 0;
async function check(name, f) {
  try {
    await f();
    assert.deepEqual(noise.splice(0), []);
  } catch (error) {
    failed += 1;
    console.log(`peers: report: ${name}: ${error.message}`);
  }
}

// ---- helpers that run in the page -------------------------------------------------------

const count = () => browser.run(() => document.getElementById("count").textContent);

// Sets a field as a person does, and waits until the list has followed.
const set = (id, value) => browser.run(async (id, value) => {
  const field = document.getElementById(id);
  field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  await new Promise((done) => setTimeout(done, 200));
}, id, value);

const reset = () => browser.run(async () => {
  document.querySelector("#filters [type=reset]").click();
  await new Promise((done) => setTimeout(done, 50));
});

// The texts of the sample at a place of the list.
const texts = (at) => browser.run(async (at) => {
  const details = document.getElementById("list").children[at];
  details.open = true;
  await new Promise((done) => setTimeout(done, 50));
  return [...details.querySelectorAll("pre")].map((pre) => pre.textContent);
}, at);

const focused = () => browser.run(() => {
  const e = document.activeElement;
  return e.id || e.className || e.localName;
});

// ---- the small report -------------------------------------------------------------------

async function smallReport() {
  await check("it opens without a request or a word on the console", async () => {
    await browser.open(small);
    assert.equal(await count(), "300 of 300 samples");
    assert.equal(await browser.run(() => document.querySelectorAll("#list details").length), 50);
  });

  await check("hostile texts are text", async () => {
    const facts = await browser.run(() => ({
      scripts: document.querySelectorAll("script:not([type='application/json'])").length,
      images: document.images.length, comments: document.querySelectorAll("b").length,
    }));
    assert.equal(facts.scripts, 1);
    assert.equal(facts.images, 0);
    const answers = [];
    for (let i = 0; i < 14; i++) answers.push((await texts(i)).at(-1));
    assert.equal(answers[0], "</script><script>alert(1)</script>");
    assert.equal(answers[1], "<!-- <script> -->");
    assert.equal(answers[4], "abc [RLO]gnihtemos[PDF] and [RLM]mark");
    assert.equal(answers[5], "[ESC][31mred[ESC][0m and [ESC]]0;title[BEL]");
    assert.equal(answers[6], "nul [NUL] byte");
    assert.equal(answers[9], "<img src=x onerror=alert(1)>");
    assert.equal(answers[10], "line[LS]sep[PS]par");
    assert.equal(answers[12], "zero[ZWSP]width [BOM]bom");
    assert.equal(await browser.run(() => document.images.length), 0);
  });

  await check("no string becomes markup, whoever asks", async () => {
    const refused = await browser.run(() => {
      try {
        document.createElement("div").innerHTML = "<i>";
        return false;
      } catch {
        return true;
      }
    });
    assert.equal(refused, true);
    noise.length = 0; // the refusal is told on the console
  });

  await check("filters", async () => {
    const index = await browser.run(() => JSON.parse(document.getElementById("index").textContent));
    const expected = (keep) => `${index.rows.filter(keep).length} of 300 samples`;
    const pairs = (row, i) => [row[2][1][i], row[3][1][i]];
    const worse = (row, i) => { const [a, b] = pairs(row, i); return a != null && b != null && b < a; };
    await reset();
    await set("scorer", "0");
    await set("change", "worse");
    assert.equal(await count(), expected((row) => worse(row, 0)));
    await set("scorer", "");
    assert.equal(await count(), expected((row) => [0, 1, 2].some((i) => worse(row, i))));
    await set("change", "");
    await set("status", "truncated");
    assert.equal(await count(), expected((row) => row[2][0] === "truncated" || row[3][0] === "truncated"));
    await reset();
    assert.equal(await count(), "300 of 300 samples");
    await set("order", "slow");
    const slowest = Math.max(...index.rows.map((row) => Math.max(row[2][2] ?? -1, row[3][2] ?? -1)));
    await texts(0);
    assert.match(await browser.run(() => document.querySelector("#list .body").textContent), new RegExp(`\\b${slowest} ms`));
    await reset();
  });

  await check("search goes through questions and answers", async () => {
    await set("text", "東京");
    assert.equal(await count(), "1 of 300 samples");
    await set("text", "ONERROR");
    assert.equal(await count(), "1 of 300 samples");
    await set("text", "no such words at all");
    assert.equal(await count(), "0 of 300 samples");
    await reset();
  });

  await check("differences by words", async () => {
    await set("change", "better");
    await set("text", "\"note\"");
    await texts(0);
    const [base, tuned] = await browser.run(() => [...document.querySelectorAll("#list details:first-child .texts pre")]
      .slice(-2).map((pre) => ({ text: pre.textContent, marked: pre.querySelectorAll("del, ins").length,
        plain: [...pre.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data).join("") })));
    assert.ok(base.marked > 0 && tuned.marked > 0, JSON.stringify([base, tuned]));
    assert.ok(base.plain.startsWith('{"answer": {"city": "'), base.plain);
    assert.notEqual(base.text, tuned.text);
    await set("marks", "");
    assert.equal(await browser.run(() => document.querySelectorAll("#list details[open] :is(del, ins)").length), 0);
    await set("marks", "expected");
    assert.ok(await browser.run(() => document.querySelectorAll("#list details[open] ins").length) > 0);
    await reset();
  });

  await check("pages", async () => {
    await browser.run(() => document.getElementById("next").click());
    assert.equal(await browser.run(() => document.getElementById("page").textContent), "51 to 100 of 300");
    assert.equal(await browser.run(() => document.querySelector("#list .number").textContent), "51");
    await browser.run(() => document.getElementById("previous").click());
  });

  await check("the keyboard reaches everything", async () => {
    await browser.open(small);
    const way = [];
    let at;
    for (let i = 0; i < 60 && at !== "summary"; i++) {
      await browser.key("Tab");
      way.push(at = await focused());
    }
    assert.equal(way[0], "skip");
    for (const id of ["theme", "text", "scorer", "change", "status", "order", "marks", "scroll", "summary"]) {
      assert.ok(way.includes(id), `${id} is not on the way ${way.join(" ")}`);
    }
    await browser.key("Enter");
    assert.equal(await browser.run(() => document.querySelector("#list details").open), true);
    await browser.key("ArrowDown");
    assert.equal(await browser.run(() => document.activeElement.querySelector(".number").textContent), "2");
    await browser.key("ArrowUp");
    assert.equal(await browser.run(() => document.activeElement.querySelector(".number").textContent), "1");
    await browser.key("Tab", 8);
    assert.equal(await browser.run(() => document.activeElement.type), "reset");
  });

  await check("the theme", async () => {
    const colour = () => browser.run(() => getComputedStyle(document.body).backgroundColor);
    const press = () => browser.run(() => document.getElementById("theme").click());
    await browser.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: "dark" }] });
    const dark = await colour();
    await press();
    const light = await colour();
    assert.notEqual(dark, light);
    await browser.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: "light" }] });
    assert.equal(await colour(), light);
    await press();
    assert.equal(await colour(), dark);
    await press();
    assert.equal(await colour(), light);
  });

  await check("the page is never wider than its window", async () => {
    for (const width of [320, 700, 1400]) {
      await browser.look(`width-${width}`, { width });
      assert.ok(await browser.run(() => document.documentElement.scrollWidth <= innerWidth), `${width}`);
    }
  });

  await check("pictures", async () => {
    await browser.open(small);
    await set("change", "worse");
    for (const at of [0, 3, 4]) await texts(at);
    for (const dark of [false, true]) {
      await browser.look(dark ? "wide-dark" : "wide-light", { width: 1280, dark, whole: true });
      await browser.look(dark ? "narrow-dark" : "narrow-light", { width: 390, dark, whole: true });
    }
    const { data } = await browser.send("Page.printToPDF", { printBackground: false });
    writeFileSync(join(pictures, "print.pdf"), Buffer.from(data, "base64"));
  });

  await check("without a script the summary can be read", async () => {
    await browser.send("Emulation.setScriptExecutionDisabled", { value: true });
    await browser.open(small);
    const { root } = await browser.send("DOM.getDocument", { depth: 0 });
    const { outerHTML } = await browser.send("DOM.getOuterHTML", { nodeId: root.nodeId });
    assert.ok(outerHTML.includes("<noscript><p"));
    await browser.look("without-script", { width: 1280, whole: true });
    await browser.send("Emulation.setScriptExecutionDisabled", { value: false });
  });
}

// ---- accessibility ----------------------------------------------------------------------

async function accessibility() {
  if (!axe) {
    console.log("peers: report: axe-core is not to be had, so accessibility was not checked");
    return;
  }
  await browser.send("Page.setBypassCSP", { enabled: true }); // for axe-core, which is no part of the page
  for (const dark of [false, true]) {
    await check(`axe-core, ${dark ? "dark" : "light"}`, async () => {
      await browser.open(small);
      await browser.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }] });
      await set("change", "worse");
      await texts(0);
      await browser.send("Runtime.evaluate", { expression: readFileSync(axe, "utf8") });
      const found = await browser.run(async () => {
        const { violations, passes } = await globalThis.axe.run(document);
        return { rules: passes.length, violations: violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3)
          .map((n) => `${n.html.slice(0, 120)} (${n.failureSummary.split("\n")[1]?.trim()})`).join("; ")}`) };
      });
      assert.deepEqual(found.violations, []);
      assert.ok(found.rules > 20, `${found.rules} rules`);
      console.log(`peers: report: axe-core (${dark ? "dark" : "light"}): ${found.rules} rules passed, 0 violations`);
    });
  }
  await browser.send("Page.setBypassCSP", { enabled: false });
}

// ---- the large report -------------------------------------------------------------------

async function largeReport() {
  const loads = [];
  await check("10,000 samples", async () => {
    for (let i = 0; i < 3; i++) {
      await browser.open("/dev/null");
      await browser.open(large);
      loads.push(await browser.run(() => performance.getEntriesByType("navigation")[0].loadEventEnd));
      assert.equal(await count(), "10,000 of 10,000 samples");
    }
    const searched = await browser.run(async () => {
      const [field, count] = ["text", "count"].map((id) => document.getElementById(id));
      const started = performance.now();
      field.value = "東京";
      field.dispatchEvent(new Event("input", { bubbles: true }));
      while (!count.textContent.startsWith("1 of")) await new Promise((done) => setTimeout(done, 5));
      return performance.now() - started;
    });
    console.log(`peers: report: 10,000 samples open in ${Math.round(Math.min(...loads))} ms (of ${
      loads.map(Math.round).join(", ")}); a search through all texts takes ${Math.round(searched)} ms`);
    assert.ok(Math.min(...loads) < 1000, `no load within a second: ${loads}`);
  });
}

try {
  await browser.attach();
  await smallReport();
  await accessibility();
  await largeReport();
} catch (error) {
  failed += 1;
  console.log(`peers: report: ${error.message}`);
}
browser.process.kill();
await new Promise((done) => (browser.process.exitCode === null ? browser.process.once("exit", done) : done()));
rmSync(home, { recursive: true, force: true, maxRetries: 5 });
console.log(failed ? `peers: report: ${failed} checks failed` : "peers: report: all checks passed in a browser");
process.exitCode = failed ? 1 : 0;
