# SPDX-License-Identifier: MIT
# The operations of jsonl_bulk.sh in DuckDB, on all processors:  python3 bulk_duckdb.py OP IN RIGHT OUT
# Lines are values of type JSON and are written as they stand; dedupe keeps no order, for which DuckDB
# would have to sort, and the numbers of redact are left out.
import sys

import duckdb

op, source, right, out = sys.argv[1:5]
# What CSV would quote never occurs: a line of JSON holds no control character.
AS_TEXT = r"(FORMAT csv, HEADER false, DELIMITER E'\x01', QUOTE E'\x02', ESCAPE E'\x02')"
lines = f"read_ndjson_objects('{source}')"
QUERIES = {
    "sort": (f"SELECT json FROM {lines} ORDER BY CAST(json->>'$.meta.score' AS DOUBLE)", AS_TEXT),
    "dedupe": (f"SELECT DISTINCT CAST(json AS VARCHAR) FROM {lines}", AS_TEXT),
    "join": (
        "SELECT json_merge_patch(l.json, json_object('right', r.json)) "
        f"FROM {lines} l JOIN read_ndjson_objects('{right}') r ON l.json->>'$.id' = r.json->>'$.id'",
        AS_TEXT,
    ),
    "group": (f"SELECT json->>'$.system' AS system, count(*) AS count FROM {lines} GROUP BY ALL", "(FORMAT json)"),
    "shuffle": (f"SELECT json FROM {lines} ORDER BY random()", AS_TEXT),
    "sample": (f"SELECT json FROM {lines} USING SAMPLE reservoir(1000 ROWS)", AS_TEXT),
    "split": (f"SELECT json FROM {lines} WHERE random() < 0.9", AS_TEXT),
    "redact": (
        r"SELECT regexp_replace(regexp_replace(regexp_replace(CAST(json AS VARCHAR), "
        r"'[A-Za-z0-9._%+''-]+@([A-Za-z0-9-]+\.)+[A-Za-z]{2,}', '[EMAIL]', 'g'), "
        r"'\+[0-9][0-9 ().\/-]{6,18}[0-9]', '[PHONE]', 'g'), "
        rf"'[0-9]([ -]?[0-9]){{12,18}}', '[CARD]', 'g') FROM {lines}",
        AS_TEXT,
    ),
}
query, form = QUERIES[op]
duckdb.sql(f"COPY ({query}) TO '{out}' {form}")
