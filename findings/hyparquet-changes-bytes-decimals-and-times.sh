#!/usr/bin/env bash
# hyparquet 1.33.0 (files by hyparquet-writer 0.17.0): with its default options a BYTE_ARRAY column without a logical type comes
# as text, decoded as UTF-8 with replacement characters, so the bytes are lost; a DECIMAL comes as a JavaScript number, rounded
# beyond 2^53; a TIMESTAMP in microseconds that is marked as no instant (isAdjustedToUTC false) comes as a Date, an instant in
# UTC, without its microseconds. Nothing says that a value was changed.
#
# Way round: `utf8: false` for bytes; a `parsers` option of one's own for timestamps; decimals within 15 digits only.
#
# Output seen:
#   bytes ff 00 e9: string, 3 code points, bytes kept: false
#   decimal 1234567890123456.78: number 1234567890123456.8
#   local time 22:13:20.123456: 2023-11-14T22:13:20.123Z
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund hyparquet@1.33.0 hyparquet-writer@0.17.0
cat > probe.mjs <<'JS'
import { parquetReadObjects } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
const required = { repetition_type: "REQUIRED" };
const file = parquetWriteBuffer({
  columnData: [
    { name: "bytes", data: [new Uint8Array([0xff, 0x00, 0xe9])] },
    { name: "money", data: [123456789012345678n] },
    { name: "at", data: [1_700_000_000_123_456n] },
  ],
  schema: [
    { name: "root", num_children: 3 },
    { name: "bytes", type: "BYTE_ARRAY", ...required },
    { name: "money", type: "INT64", converted_type: "DECIMAL", scale: 2, precision: 18, ...required },
    { name: "at", type: "INT64", logical_type: { type: "TIMESTAMP", isAdjustedToUTC: false, unit: "MICROS" }, ...required },
  ],
});
const [{ bytes, money, at }] = await parquetReadObjects({ file });
const kept = Buffer.from(bytes, "utf8").equals(Buffer.from([0xff, 0x00, 0xe9]));
console.log(`bytes ff 00 e9: ${typeof bytes}, ${[...bytes].length} code points, bytes kept: ${kept}`);
console.log(`decimal 1234567890123456.78: ${typeof money} ${money}`);
console.log(`local time 22:13:20.123456: ${at.toISOString()}`);
JS
node probe.mjs | tee seen
diff - seen <<'SEEN'
bytes ff 00 e9: string, 3 code points, bytes kept: false
decimal 1234567890123456.78: number 1234567890123456.8
local time 22:13:20.123456: 2023-11-14T22:13:20.123Z
SEEN
echo "as it was"
