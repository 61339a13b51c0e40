#!/usr/bin/env bash
# fetch-event-stream 0.1.6: of the blanks after a field's colon an event stream's reader takes one away; this one takes all. A
# server that streams plain text, one token an event, has the blank between two words at the start of the second (`data:  world`):
# the words run together, and lines of code lose their indentation. An empty first line of data goes, too, and with it a line
# break at the start of a piece. JSON in `data` is not changed by it, so that it is not noticed until such a server comes.
#
# Way round: eventsource-parser (4.1.3 reads all of them right), or have the server send JSON.
#
# Output seen:
#   sent:               "def f(x):\n    return x + 1"
#   fetch-event-stream: "deff(x):returnx+1"
#   eventsource-parser: "def f(x):\n    return x + 1"
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund fetch-event-stream@0.1.6 eventsource-parser@4.1.3
cat > probe.mjs <<'JS'
import { EventSourceParserStream } from "eventsource-parser/stream";
import { events } from "fetch-event-stream";
const TOKENS = ["def", " f(x", "):", "\n    return", " x", " +", " 1"];
const event = (text) => text.split("\n").map((line) => `data: ${line}\n`).join("") + "\n";
const answer = () => new Response(TOKENS.map(event).join(""), { headers: { "content-type": "text/event-stream" } });
async function joined(stream) {
  let text = "";
  for await (const { data } of stream) text += data;
  return JSON.stringify(text);
}
console.log(`sent:               ${JSON.stringify(TOKENS.join(""))}`);
console.log(`fetch-event-stream: ${await joined(events(answer()))}`);
const parsed = answer().body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
console.log(`eventsource-parser: ${await joined(parsed)}`);
JS
node probe.mjs | tee seen
diff - seen <<'SEEN'
sent:               "def f(x):\n    return x + 1"
fetch-event-stream: "deff(x):returnx+1"
eventsource-parser: "def f(x):\n    return x + 1"
SEEN
echo "as it was"
