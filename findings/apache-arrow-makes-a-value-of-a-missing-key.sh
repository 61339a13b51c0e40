#!/usr/bin/env bash
# apache-arrow 21.2.0: `tableFromJSON(rows)` gives a null for a `null`, but a value for a key that a row leaves out: NaN among
# numbers, "" among texts, false among booleans, and no null is counted. Rows in which a score or a verdict is missing come out
# (and into a file) as rows with a verdict "false" and a score that makes every sum NaN. Of nested objects the first row's keys
# make the type: keys that only later rows have are dropped without a word.
#
# Way round: fill the missing keys in with `null` before the call, nested ones too.
#
# Output seen:
#   score: NaN, nulls counted: 0; where it is null: null, nulls counted: 1
#   note: "", nulls counted: 0; where it is null: null, nulls counted: 1
#   passed: false, nulls counted: 0; where it is null: null, nulls counted: 1
#   {"lm":{"model":"m","cost":2}} after {"lm":{"model":"m"}}: {"model":"m"}
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund apache-arrow@21.2.0
cat > probe.mjs <<'JS'
import { tableFromIPC, tableFromJSON, tableToIPC } from "apache-arrow";
const first = { id: "a", score: 0.5, note: "fine", passed: true };
const written = (rows) => tableFromIPC(tableToIPC(tableFromJSON(rows)));
const show = (value) => (Number.isNaN(value) ? "NaN" : JSON.stringify(value));
for (const name of ["score", "note", "passed"]) {
  const [without, withNull] = [{ id: "b" }, { id: "b", [name]: null }].map((second) => {
    const column = written([first, second]).getChild(name);
    return `${show(column.get(1))}, nulls counted: ${column.nullCount}`;
  });
  console.log(`${name}: ${without}; where it is null: ${withNull}`);
}
const nested = [{ lm: { model: "m" } }, { lm: { model: "m", cost: 2 } }];
console.log(`${JSON.stringify(nested[1])} after ${JSON.stringify(nested[0])}: ${JSON.stringify(written(nested).get(1).lm)}`);
JS
node probe.mjs | tee seen
diff - seen <<'SEEN'
score: NaN, nulls counted: 0; where it is null: null, nulls counted: 1
note: "", nulls counted: 0; where it is null: null, nulls counted: 1
passed: false, nulls counted: 0; where it is null: null, nulls counted: 1
{"lm":{"model":"m","cost":2}} after {"lm":{"model":"m"}}: {"model":"m"}
SEEN
echo "as it was"
