#!/usr/bin/env bash
# ai 7.0.173: `extractReasoningMiddleware` takes what stands between `<think>` and `</think>` out of an answer's text. Of a whole
# answer it takes pairs alone; of a stream it takes all that follows an opening tag (or, with `startWithReasoning`, the start of the
# answer) for reasoning, whether or not a closing tag ever comes. So the same answer has a text when it is generated and another, or
# none, when it is streamed: where the token limit cut the thoughts, where a text only speaks of the tag, and where a model that
# was told to start with reasoning answers at once. Nothing warns.
#
# Way round: let the server part the two (vLLM's, llama.cpp's reasoning parser); `startWithReasoning` for models alone that always
# close the tag; an empty streamed text with reasoning beside it is no answer.
#
# Output seen:
#   cut while thinking: generated "<think>17 is odd, so", streamed ""
#   speaks of the tag: generated "Put it in a <think> tag, then go on.", streamed "Put it in a "
#   no thoughts, startWithReasoning: generated "Yes, prime.", streamed ""
#   a closed pair: generated "Yes, prime.", streamed "Yes, prime."
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund node@24.21.0 ai@7.0.173
cat > probe.mjs <<'JS'
import { extractReasoningMiddleware, generateText, simulateReadableStream, streamText, wrapLanguageModel } from "ai";
import { MockLanguageModelV4 } from "ai/test";
const finishReason = { unified: "stop", raw: "stop" };
const usage = { inputTokens: { total: 1 }, outputTokens: { total: 1 } };
const said = (text) =>
  new MockLanguageModelV4({
    doGenerate: async () => ({ content: [{ type: "text", text }], finishReason, usage, warnings: [] }),
    doStream: async () => ({
      stream: simulateReadableStream({
        initialDelayInMs: null,
        chunkDelayInMs: null,
        chunks: [
          { type: "stream-start", warnings: [] },
          { type: "text-start", id: "1" },
          ...text.match(/.{1,5}/gsu).map((delta) => ({ type: "text-delta", id: "1", delta })),
          { type: "text-end", id: "1" },
          { type: "finish", finishReason, usage },
        ],
      }),
    }),
  });
for (const [what, text, startWithReasoning] of [
  ["cut while thinking", "<think>17 is odd, so", false],
  ["speaks of the tag", "Put it in a <think> tag, then go on.", false],
  ["no thoughts, startWithReasoning", "Yes, prime.", true],
  ["a closed pair", "<think>17 is odd.</think>Yes, prime.", false],
]) {
  const middleware = extractReasoningMiddleware({ tagName: "think", startWithReasoning });
  const model = wrapLanguageModel({ model: said(text), middleware });
  const generated = await generateText({ model, prompt: "Is 17 prime?" });
  const streamed = streamText({ model, prompt: "Is 17 prime?" });
  console.log(`${what}: generated ${JSON.stringify(generated.text)}, streamed ${JSON.stringify(await streamed.text)}`);
}
JS
./node_modules/.bin/node probe.mjs | tee seen
diff - seen <<'SEEN'
cut while thinking: generated "<think>17 is odd, so", streamed ""
speaks of the tag: generated "Put it in a <think> tag, then go on.", streamed "Put it in a "
no thoughts, startWithReasoning: generated "Yes, prime.", streamed ""
a closed pair: generated "Yes, prime.", streamed "Yes, prime."
SEEN
echo "as it was"
