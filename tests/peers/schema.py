# SPDX-License-Identifier: MIT
"""Python's jsonschema on the cases of schema.lua:  python3 tests/peers/schema.py FILE"""
import json
import sys

try:
    from jsonschema import Draft202012Validator
except ImportError:
    print("schema: Python's jsonschema is not to be had here (Debian: python3-jsonschema)")
    sys.exit(0)

cases = bad = valid = 0
for line in open(sys.argv[1], encoding="utf-8"):
    case = json.loads(line)
    theirs = Draft202012Validator(case["schema"]).is_valid(case["value"])
    cases += 1
    valid += theirs
    if theirs != case["valid"]:
        bad += 1
        if bad <= 10:
            print("schema: differs, jsonschema says", theirs, "of", line.strip())
print(f"schema: beside Python's jsonschema: {cases} values, {valid} of them valid, {bad} verdicts differ")
sys.exit(1 if bad or not cases else 0)
