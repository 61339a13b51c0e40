#!/usr/bin/env bash
# csv-parse 7.0.3: `skip_records_with_error` is to leave out records that are in error. A record with a character after its
# closing quote takes all records after it along, however good, and nothing says so; a record with too many columns is left out
# alone. And the stream (`for await`) throws at an error before it has given the good records that came before it in the same
# chunk: a reader that keeps what it has got has nothing.
#
# Way round: no skipping. Parse with `relax_column_count` and look at each record's length; read quotes strictly and report
# where the error is (`error.lines`), or parse record by record through `on_record`.
#
# Output seen:
#   too many columns in record 2 of 4: 1 2, 6 7, 8 9
#   a letter after a quote in record 2 of 4: 1 2
#   stream, an error in record 3: 0 records came before it
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund csv-parse@7.0.3
cat > probe.mjs <<'JS'
import { parse } from "csv-parse";
import { parse as parseSync } from "csv-parse/sync";
const skipping = (text) =>
  parseSync(text, { columns: true, skip_records_with_error: true })
    .map(({ a, b }) => `${a} ${b}`)
    .join(", ");
console.log(`too many columns in record 2 of 4: ${skipping("a,b\n1,2\n3,4,5\n6,7\n8,9\n")}`);
console.log(`a letter after a quote in record 2 of 4: ${skipping('a,b\n1,2\n"3"x,4\n6,7\n8,9\n')}`);
let came = 0;
try {
  for await (const _record of parse("a,b\n1,2\n3,4\n5,6,7\n", { columns: true })) came += 1;
} catch (error) {
  if (error.code !== "CSV_RECORD_INCONSISTENT_COLUMNS") throw error;
  console.log(`stream, an error in record 3: ${came} records came before it`);
}
JS
node probe.mjs | tee seen
diff - seen <<'SEEN'
too many columns in record 2 of 4: 1 2, 6 7, 8 9
a letter after a quote in record 2 of 4: 1 2
stream, an error in record 3: 0 records came before it
SEEN
echo "as it was"
