// SPDX-License-Identifier: MIT
//
// json_judge.mjs: Node's JSON.parse judges what json_texts.lua says of its texts: the same are
// taken, and what was taken is the same value.
import assert from "node:assert";
import { readFileSync } from "node:fs";

let taken = 0, refused = 0;
for (const line of readFileSync(process.argv[2], "utf8").trimEnd().split("\n")) {
  const [text, ours = ""] = line.split(" ").map((part) => Buffer.from(part, "base64").toString("utf8"));
  let theirs, isGood = true;
  try {
    theirs = JSON.parse(text);
  } catch {
    isGood = false;
  }
  // Node takes lone surrogates, which no UTF-8 text can hold.
  const unpaired = text.replace(/\\\\/g, "").replace(/\\ud[89ab]..\\ud[cdef]../gi, "");
  if (isGood && unpaired.match(/\\ud[89a-f]/i)) continue;
  assert.strictEqual(ours !== "", isGood, `one takes what the other refuses: ${text}`);
  if (isGood) assert.deepEqual(JSON.parse(ours), theirs, text); // 0 and -0 are one
  if (isGood) taken++;
  else refused++;
}
assert(taken > 1000 && refused > 1000);
console.log(`peers: Node's JSON.parse agrees on ${taken} texts taken, ${refused} refused`);
