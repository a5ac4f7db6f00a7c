# SPDX-License-Identifier: MIT
import json, sys
out = sys.stdout
with open(sys.argv[1], encoding="utf-8") as f:
    for line in f:
        r = json.loads(line)
        if r["id"] % 10 == 0:
            continue
        first = r["messages"][0]
        if first["role"] == "user":
            first["content"] = "Q: " + r["system"]
        out.write(json.dumps(r, ensure_ascii=False) + "\n")
