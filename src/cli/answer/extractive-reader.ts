import { type Clock, sleep, systemClock } from "../../foundation/clock.ts";
import {
  type LanguageModel,
  type LmCallOptions,
  type LmChunk,
  LmError,
  type LmRequest,
  type LmResponse,
  type LmSpec,
  textIndex,
  textOf,
} from "../../index.ts";

export const EXTRACTIVE_READER = "extractive-reader (no language model!)";

/**
 * What answers when no model can be had: it gives back the sentence of the context that fits the question best (BM25),
 * behind the port of a language model so that everything around it runs as it is. It has no weights and understands
 * nothing; only `dspex answer` uses it, and its name says what it is in each output.
 */
export function extractiveReader(clock: Clock = systemClock): LmSpec {
  return Object.freeze({
    kind: "lm",
    provider: "reader",
    model: EXTRACTIVE_READER,
    open: async () => openReader(clock),
  });
}

/** How long it takes over an answer: so that what is done to a request in flight finds one there. */
const READING_MS = 300;

function openReader(clock: Clock): LanguageModel {
  let answers = 0;
  const closing = new AbortController();
  const generate = async (request: LmRequest, { signal }: LmCallOptions = {}): Promise<LmResponse> => {
    if (closing.signal.aborted) throw failure("client_down", "the reader has been closed");
    const ended = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal;
    await sleep(clock, READING_MS, ended).catch(() => {
      throw failure("cancelled", "the call was cancelled");
    });
    const prompt = textOf(request.messages.findLast(({ role }) => role === "user")?.content ?? "");
    const { question, context } = readPrompt(prompt);
    if (context === "") throw failure("bad_request", "without a language model there must be a --context to read from");
    const answer = await bestSentence(question, context);
    answers += 1;
    const inputTokens = words(request.messages.map(({ content }) => textOf(content)).join(" ")).length;
    const outputTokens = words(answer).length;
    return {
      completions: [{ text: request.writeAnswer?.({ answer }) ?? answer, finishReason: "stop" }],
      // Words stand for tokens: it has no vocabulary.
      usage: { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens },
      model: EXTRACTIVE_READER,
      id: `reader-${answers}`,
    };
  };
  return Object.freeze({
    provider: "reader",
    model: EXTRACTIVE_READER,
    capabilities: Object.freeze({ schema: false, tools: false, prefill: true, grammar: false }),
    generate,
    async *stream(request: LmRequest, options?: LmCallOptions): AsyncGenerator<LmChunk, void, undefined> {
      const response = await generate(request, options);
      yield { type: "text", text: response.completions[0]?.text ?? "" };
      yield { type: "done", response };
    },
    close: async () => {
      closing.abort();
    },
  });
}

/** The question and the context out of the last message, in either layout that the library writes. */
export function readPrompt(prompt: string): { readonly question: string; readonly context: string } {
  const headings = /^(?:\[\[ ## (question|context|completed) ## \]\]|(Question|Context):)[ \t]*/gm;
  const found = [...prompt.matchAll(headings)].map((match) => ({
    name: (match[1] ?? match[2] ?? "").toLowerCase(),
    from: match.index,
    to: match.index + match[0].length,
  }));
  // The context comes first and may hold such a line by itself; the question is what the last of them opens.
  const asked = found.findLast(({ name }) => name === "question");
  const told = found.find(({ name }) => name === "context");
  if (!asked) return { question: prompt.trim(), context: "" };
  // The chat layout closes the message with a line about the answer's form.
  const question = prompt.slice(asked.to).split(/\n+Respond with the corresponding output fields/)[0] ?? "";
  return { question: question.trim(), context: told ? prompt.slice(told.to, asked.from).trim() : "" };
}

/** The one that a full-text index of the sentences finds first; the first one, where it finds none. */
export async function bestSentence(question: string, context: string): Promise<string> {
  const sentences = [...new Intl.Segmenter("en", { granularity: "sentence" }).segment(context)]
    .map(({ segment }) => segment.replaceAll(/\s+/g, " ").trim())
    .filter((sentence) => sentence !== "");
  const index = await textIndex({ documents: sentences }).open();
  const [best] = await index.search(question, 1);
  return best?.text ?? sentences[0] ?? "";
}

function words(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

function failure(code: "client_down" | "cancelled" | "bad_request", message: string): LmError {
  return new LmError(message, { code, provider: "reader" });
}
