// SPDX-License-Identifier: MIT
import { createReadStream } from 'node:fs';
let rest = '', out = [];
const map = (line) => {
  const r = JSON.parse(line);
  if (r.id % 10 === 0) return;
  const first = r.messages[0];
  if (first.role === 'user') first.content = 'Q: ' + r.system;
  out.push(JSON.stringify(r));
};
for await (const chunk of createReadStream(process.argv[2], { encoding: 'utf8', highWaterMark: 1 << 20 })) {
  const lines = (rest + chunk).split('\n');
  rest = lines.pop();
  lines.forEach(map);
  process.stdout.write(out.join('\n') + '\n');
  out = [];
}
