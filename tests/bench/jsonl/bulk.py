# SPDX-License-Identifier: MIT
# The operations of jsonl_bulk.sh as a script of few lines would do them:  bulk.py OP IN... (to standard output)
import json, random, re, sys
op, path, out = sys.argv[1], sys.argv[2], sys.stdout
lines = open(path, encoding="utf-8")
if op == "sort":
    rows = [(json.loads(line)["meta"]["score"], i, line) for i, line in enumerate(lines)]
    rows.sort(key=lambda row: row[:2])
    out.writelines(row[2] for row in rows)
elif op == "dedupe":
    seen = set()
    for line in lines:
        if line not in seen:
            seen.add(line)
            out.write(line)
elif op == "join":
    right = {r["id"]: r for r in map(json.loads, open(sys.argv[3], encoding="utf-8"))}
    for line in lines:
        r = json.loads(line)
        if r["id"] in right:
            out.write(json.dumps({**r, "right": right[r["id"]]}, ensure_ascii=False) + "\n")
elif op == "group":
    counts = {}
    for line in lines:
        name = json.loads(line)["system"]
        counts[name] = counts.get(name, 0) + 1
    for name in sorted(counts):
        out.write(json.dumps({"system": name, "count": counts[name]}, ensure_ascii=False) + "\n")
elif op == "shuffle":
    rows = list(lines)
    random.shuffle(rows)
    out.writelines(rows)
elif op == "sample":
    kept = []
    for i, line in enumerate(lines):
        if i < 1000:
            kept.append(line)
        elif (at := random.randint(0, i)) < 1000:
            kept[at] = line
    out.writelines(kept)
elif op == "split":
    with open("/dev/null", "w", encoding="utf-8") as other:
        for line in lines:
            (out if random.random() < 0.9 else other).write(line)
elif op == "redact":
    patterns = [("EMAIL", re.compile(r"[A-Za-z0-9._%+'-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}")),
                ("PHONE", re.compile(r"(?<![\w+])\+[0-9][0-9 ().\/-]{6,18}[0-9](?![\w+])")),
                ("PHONE", re.compile(r"(?<![\w.-])\(?[0-9]{3}\)?[ .-]? ?[0-9]{3}[ .-][0-9]{4}(?![\w.-])")),
                ("CARD", re.compile(r"(?<![\w.])[0-9](?:[ -]?[0-9]){12,18}(?![\w.])"))]
    numbers = {}
    def clean(value):
        if isinstance(value, str):
            for name, pattern in patterns:
                value = pattern.sub(lambda m: "[%s_%d]" % (name, numbers.setdefault(m[0], len(numbers) + 1)), value)
            return value
        if isinstance(value, list):
            return [clean(v) for v in value]
        if isinstance(value, dict):
            return {k: clean(v) for k, v in value.items()}
        return value
    for line in lines:
        out.write(json.dumps(clean(json.loads(line)), ensure_ascii=False) + "\n")
else:
    sys.exit("bulk.py: no operation " + op)
