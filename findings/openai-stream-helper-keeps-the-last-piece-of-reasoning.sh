#!/usr/bin/env bash
# openai 7.57.0 (and 7.59.0): `chat.completions.stream(…)` puts a streamed answer together for its `finalMessage()`. The pieces of
# `content` are joined; a field that OpenAI itself does not send is overwritten by each piece that comes. vLLM and DeepSeek stream
# their thoughts as `reasoning_content`, OpenRouter as `reasoning` and `reasoning_details`: of all these the final message has the last
# piece alone, and it looks like a whole value. Without streaming the same server's message has the whole text in the same place.
#
# Way round: join such fields yourself from the chunks (`for await` over the stream gives each delta as it was sent).
#
# Output seen:
#   the pieces: "17 is odd. ", "Its divisors: 1, 17. ", "So it is prime."
#   finalMessage().content: "Yes, prime."
#   finalMessage().reasoning_content: "So it is prime."
#   finalMessage().reasoning_details: [{"type":"reasoning.text","text":"So it is prime."}]
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund node@24.21.0 openai@7.57.0
cat > probe.mjs <<'JS'
import OpenAI from "openai";
const THOUGHTS = ["17 is odd. ", "Its divisors: 1, 17. ", "So it is prime."];
const chunk = (delta, finish_reason = null) => ({
  id: "c", object: "chat.completion.chunk", created: 1, model: "m",
  choices: [{ index: 0, delta, finish_reason }],
});
const chunks = [
  chunk({ role: "assistant", content: "" }),
  ...THOUGHTS.map((text) => chunk({ reasoning_content: text, reasoning_details: [{ type: "reasoning.text", text }] })),
  chunk({ content: "Yes, " }),
  chunk({ content: "prime." }),
  chunk({}, "stop"),
];
const body = chunks.map((each) => `data: ${JSON.stringify(each)}\n\n`).join("") + "data: [DONE]\n\n";
const fetch = async () => new Response(body, { headers: { "content-type": "text/event-stream" } });
const client = new OpenAI({ apiKey: "none", baseURL: "http://localhost/v1", fetch });
const stream = client.chat.completions.stream({ model: "m", messages: [{ role: "user", content: "Is 17 prime?" }] });
const pieces = [];
for await (const { choices } of stream) if (choices[0].delta.reasoning_content) pieces.push(choices[0].delta.reasoning_content);
const message = await stream.finalMessage();
console.log(`the pieces: ${pieces.map((piece) => JSON.stringify(piece)).join(", ")}`);
for (const field of ["content", "reasoning_content", "reasoning_details"])
  console.log(`finalMessage().${field}: ${JSON.stringify(message[field])}`);
JS
./node_modules/.bin/node probe.mjs | tee seen
diff - seen <<'SEEN'
the pieces: "17 is odd. ", "Its divisors: 1, 17. ", "So it is prime."
finalMessage().content: "Yes, prime."
finalMessage().reasoning_content: "So it is prime."
finalMessage().reasoning_details: [{"type":"reasoning.text","text":"So it is prime."}]
SEEN
echo "as it was"
