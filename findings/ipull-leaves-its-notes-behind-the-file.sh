#!/usr/bin/env bash
# ipull 3.9.5 (the downloader inside node-llama-cpp 3.21.1): while a file comes, its progress is kept as JSON right behind the
# file's own bytes, and cut off in the end. That last cut does not wait for a note whose write is still on its way: now and
# then (of 1,000 downloads of 1.2 MB from the same machine some four) the write lands after the cut, `download()` resolves, and
# the file under its final name is some 63 bytes too long. Nothing is reported. A reader that stops at the format's own end does
# not notice; a checksum does, and the downloader itself takes the file for one that is not there yet (`skipExisting` compares
# sizes).
#
# Way round: cut the file to the size that the server announced once `download()` has resolved, and check its sum.
#
# Output seen (which download it was differs; given up after 4,000 good ones):
#   1200000 bytes were sent; behind them in the file: part, chunks, chunkSize, parallelStreams
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund node@24.21.0 ipull@3.9.5
cat > probe.mjs <<'JS'
import { createServer } from "node:http";
import { readFile, rm } from "node:fs/promises";
import { downloadFile } from "ipull";
const SENT = Buffer.alloc(1_200_000, 7);
const server = createServer((request, response) => {
  const [, from, to] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? "") ?? [];
  const slice = from === undefined ? SENT : SENT.subarray(Number(from), to ? Number(to) + 1 : undefined);
  response.writeHead(from === undefined ? 200 : 206, {
    "accept-ranges": "bytes",
    "content-length": slice.length,
    ...(from !== undefined && { "content-range": `bytes ${from}-${Number(from) + slice.length - 1}/${SENT.length}` }),
  });
  response.end(request.method === "HEAD" ? undefined : slice);
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const url = `http://127.0.0.1:${server.address().port}/file`;
let seen = "4,000 good downloads";
for (let at = 1; at <= 4_000; at += 1) {
  const download = await downloadFile({ url, directory: ".", fileName: `file-${at}`, cliProgress: false });
  await download.download();
  const bytes = await readFile(`file-${at}`);
  await rm(`file-${at}`);
  if (bytes.length === SENT.length) continue;
  console.error(`download ${at}: ${bytes.length} bytes`);
  const notes = Object.keys(JSON.parse(bytes.subarray(SENT.length).toString()));
  seen = `${SENT.length} bytes were sent; behind them in the file: ${notes.join(", ")}`;
  break;
}
console.log(seen);
server.closeAllConnections();
server.close();
JS
./node_modules/.bin/node probe.mjs | tee seen
diff - seen <<'SEEN'
1200000 bytes were sent; behind them in the file: part, chunks, chunkSize, parallelStreams
SEEN
echo "as it was"
