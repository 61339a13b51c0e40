#!/usr/bin/env bash
# @ai-sdk/openai 4.0.118: OpenRouter and others tell a failure in the middle of a streamed answer
# in a chunk that has both `error` and `choices` (with `finish_reason: "error"`), so that clients that look at choices alone end, too.
# Of such a chunk `createOpenAI(…).chat` reads the choices and drops the error: no error part comes, the stream ends with the finish
# reason "other", as an answer would that ended for a reason of its own, and the text until then passes for the answer. A chunk with
# `error` alone does give an error part; and the sibling package, @ai-sdk/openai-compatible 3.0.92, gives one for both.
#
# Way round: take a stream that ends in "other" for a failure, look at the raw chunks (`includeRawChunks: true`), or use
# @ai-sdk/openai-compatible for servers that are not OpenAI's.
#
# Output seen:
#   openai, the error alone: text, error, finish error
#   openai, the error beside choices: text, finish other
#   compatible, the error alone: text, error, finish error
#   compatible, the error beside choices: text, error, finish error
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @ai-sdk/openai@4.0.118 @ai-sdk/openai-compatible@3.0.92
cat > probe.mjs <<'JS'
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
const error = { code: 502, message: "Provider disconnected" };
const chunk = (more) => ({ id: "c", object: "chat.completion.chunk", created: 1, model: "m", ...more });
const text = chunk({ choices: [{ index: 0, delta: { role: "assistant", content: "Half an" }, finish_reason: null }] });
const failures = {
  "the error alone": { error },
  "the error beside choices": chunk({ error, choices: [{ index: 0, delta: { content: "" }, finish_reason: "error" }] }),
};
const server = (failure) => async () =>
  new Response([text, failure].map((each) => `data: ${JSON.stringify(each)}\n\n`).join("") + "data: [DONE]\n\n", {
    headers: { "content-type": "text/event-stream" },
  });
const models = {
  openai: (fetch) => createOpenAI({ apiKey: "none", baseURL: "http://localhost/v1", fetch }).chat("m"),
  compatible: (fetch) => createOpenAICompatible({ name: "c", baseURL: "http://localhost/v1", fetch }).chatModel("m"),
};
for (const [name, make] of Object.entries(models))
  for (const [what, failure] of Object.entries(failures)) {
    const prompt = [{ role: "user", content: [{ type: "text", text: "Say something." }] }];
    const { stream } = await make(server(failure)).doStream({ prompt });
    const parts = [];
    for await (const part of stream) {
      if (part.type === "text-delta" && part.delta !== "") parts.push("text");
      if (part.type === "error") parts.push("error");
      if (part.type === "finish") parts.push(`finish ${part.finishReason.unified ?? part.finishReason}`);
    }
    console.log(`${name}, ${what}: ${parts.join(", ")}`);
  }
JS
node probe.mjs | tee seen
diff - seen <<'SEEN'
openai, the error alone: text, error, finish error
openai, the error beside choices: text, finish other
compatible, the error alone: text, error, finish error
compatible, the error beside choices: text, error, finish error
SEEN
echo "as it was"
