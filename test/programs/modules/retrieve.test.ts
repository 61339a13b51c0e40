import { describe, expect, test } from "vitest";
import { UsageError } from "../../../src/foundation/errors.ts";
import { LmError, type LmFailureCode } from "../../../src/lm/failure.ts";
import { backoff } from "../../../src/lm/retry/retry-policy.ts";
import { chainOfThought } from "../../../src/programs/modules/chain-of-thought.ts";
import { program } from "../../../src/programs/composed-program.ts";
import { forward } from "../../../src/programs/bare/forward.ts";
import type { ForwardOptions } from "../../../src/programs/bare/forward-options.ts";
import { predict } from "../../../src/programs/predict/predict.ts";
import { retrieve, type RetrieveInputs, type RetrieveOptions } from "../../../src/programs/modules/retrieve.ts";
import type { Retriever, RetrieverSpec } from "../../../src/retrieval/retriever.ts";
import { textIndex } from "../../../src/retrieval/text-index.ts";
import { signature } from "../../../src/signatures/signature.ts";
import { scripted } from "../../../src/testing/scripted.ts";
import { testClock } from "../../../src/testing/test-clock.ts";
import { TOWNS } from "../../conformance/retriever.ts";

const kb = textIndex({ documents: TOWNS });
const query = { query: "a lake with a fountain" };

/** A retriever that does what it is told to, one step for each search. */
function telling(...steps: readonly (Error | string)[]): Retriever & { readonly searches: unknown[][] } {
  const searches: unknown[][] = [];
  return {
    searches,
    async search(...asked) {
      const step = steps[searches.push(asked.slice(0, 2)) - 1] ?? "too many searches";
      if (step instanceof Error) throw step;
      return [{ text: step, score: 1, source: "script" }];
    },
    close: () => Promise.reject(new Error("it is not ours to close")),
  };
}

function failing(code: LmFailureCode): LmError {
  return new LmError(code, { code });
}

describe("retrieve", () => {
  test("gives the texts of the passages that fit best, best first", async () => {
    const result = await forward(retrieve({ client: "kb" }), query, { clients: { kb } });
    expect(result.passages).toEqual([TOWNS[1]?.text, TOWNS[3]?.text]);
    expect(result.$meta).toMatchObject({ client: "kb", attempts: 1, usage: { totalTokens: 0 }, messages: [] });
    expect(Object.isFrozen(result.passages)).toBe(true);
  });

  test("gives the sources and scores of the same passages", async () => {
    const { passages, found } = await forward(retrieve({ client: "kb" }), query, { clients: { kb } });
    expect(found.map(({ text }) => text)).toEqual(passages);
    expect(found.map(({ source }) => source)).toEqual([TOWNS[1]?.source, TOWNS[3]?.source]);
    expect(found.every(({ score }) => score > 0)).toBe(true);
    expect([found, ...found].every((each) => Object.isFrozen(each))).toBe(true);
  });

  test("gives none where nothing fits", async () => {
    const result = await forward(retrieve(), { query: "zeppelin" }, { clients: { kb } });
    expect(result).toEqual({ passages: [], found: [] });
  });

  test("asks for three passages, or for k", async () => {
    const asked = telling("a", "b");
    await forward(retrieve(), query, { clients: { asked } });
    await forward(retrieve().with({ k: 5 }), query, { clients: { asked } });
    expect(asked.searches).toEqual([
      [query.query, 3],
      [query.query, 5],
    ]);
  });

  test("is a frozen value without predictors, edited by copying", () => {
    const search = retrieve({ client: "kb", k: 2 });
    expect(Object.isFrozen(search)).toBe(true);
    expect(search.with({ k: 4 })).toMatchObject({ client: "kb", k: 4 });
    expect(search).toMatchObject({ name: "retrieve", client: "kb", k: 2 });
    expect(search.predictors()).toEqual({});
    expect(search.withPredictors({})).toBe(search);
    const qa = predict(signature("question -> answer"));
    expect(() => search.withPredictors({ self: qa })).toThrow('retrieve: no predictor at "self"; there are none');
  });

  test.each<[string, object, string]>([
    ["no passage", { k: 0 }, "k must be a whole number above 0, got 0"],
    ["half a passage", { k: 1.5 }, "k must be a whole number above 0, got 1.5"],
    ["a client that is no name", { client: 1 }, "client must be the name of a client, got 1"],
    ["another option", { top: 3 }, 'no option "top"; there are client, k'],
  ])("refuses %s", (_what, options, message) => {
    expect(() => retrieve(options as RetrieveOptions)).toThrow(new UsageError(`retrieve: ${message}`));
  });

  test.each<[string, object, string]>([
    ["no query", {}, "query must be a text, got undefined"],
    ["a number", { query: 3 }, "query must be a text, got 3"],
    ["another input", { query: "q", k: 3 }, 'no input "k"; the inputs are query'],
  ])("refuses %s before anything is searched", async (_what, inputs, message) => {
    const asked = telling();
    const made = forward(retrieve(), inputs as RetrieveInputs, { clients: { asked } });
    await expect(made).rejects.toThrow(new UsageError(`retrieve: ${message}`));
    expect(asked.searches).toEqual([]);
  });
});

describe("its retriever", () => {
  const lm = scripted(() => ({ answer: "Ann" }));

  test.each<[string, string | undefined, ForwardOptions["clients"], string]>([
    ["is not there", "kb", { other: kb, lm }, 'there is no retriever "kb"; there are: other'],
    ["is a model", "lm", { kb, lm }, 'there is no retriever "lm"; there are: kb'],
    ["is one of several", undefined, { a: kb, b: kb }, "names no retriever and there are several: a, b; name one"],
    ["is none", undefined, { lm }, "there is no retriever"],
  ])("%s", async (_what, name, clients, message) => {
    const made = forward(retrieve(name === undefined ? {} : { client: name }), query, { clients });
    await expect(made).rejects.toThrow(expect.objectContaining({ code: "no_such_client" }));
    await expect(made).rejects.toThrow(message);
  });

  test("is no client for a predictor, nor does it keep one from being the only one", async () => {
    const qa = predict(signature("question -> answer"), { name: "qa" });
    expect(await forward(qa, { question: "?" }, { clients: { kb, lm } })).toEqual({ answer: "Ann" });
    const asksKb = forward(qa.with({ client: "kb" }), { question: "?" }, { clients: { kb, lm } });
    await expect(asksKb).rejects.toThrow('there is no client "kb"; there are: lm');
  });

  test("is opened once for a call, and closed after it", async () => {
    const log: string[] = [];
    const noting: RetrieverSpec = {
      kind: "retriever",
      name: "noting",
      async open() {
        log.push("open");
        const index = await kb.open();
        return { ...index, close: async () => void log.push("close") };
      },
    };
    const twice = program({
      name: "twice",
      parts: { a: retrieve(), b: retrieve() },
      forward: async ({ a, b }, inputs: { query: string }) => {
        const found = await Promise.all([a(inputs), b(inputs)]);
        return { count: found.flatMap(({ passages }) => passages).length };
      },
    });
    expect(await forward(twice, query, { clients: { noting } })).toEqual({ count: 4 });
    expect(log).toEqual(["open", "close"]);
  });

  test("that cannot be opened fails the call with its own words", async () => {
    const made = forward(retrieve(), query, { clients: { kb: textIndex({ documents: "nowhere/*.md" }) } });
    await expect(made).rejects.toThrow(/^textIndex: no file matches "nowhere/);
  });
});

describe("a search that failed", () => {
  const clock = testClock();
  const options = (asked: Retriever): ForwardOptions => ({
    clients: { asked },
    clock,
    retry: backoff({ jitter: "none", baseMs: 100, maxAttempts: 3 }),
  });

  test("is made again as the policy says, and counted", async () => {
    const asked = telling(failing("connection"), failing("client_down"), "found");
    const made = forward(retrieve(), query, options(asked));
    await clock.advance(1_000);
    const result = await made;
    expect(result).toMatchObject({ passages: ["found"] });
    expect(result.$meta).toMatchObject({ attempts: 3, ms: 120 });
  });

  test("fails the call when the attempts are used", async () => {
    const made = forward(
      retrieve(),
      query,
      options(telling(...Array.from({ length: 3 }, () => failing("connection")), "found")),
    );
    const failure = made.catch((thrown: unknown) => thrown);
    await clock.advance(1_000);
    expect(await failure).toMatchObject({ code: "connection", details: { attempts: 3 } });
  });

  test("and that no trying mends fails it at once", async () => {
    const asked = telling(failing("bad_request"), "found");
    await expect(forward(retrieve(), query, options(asked))).rejects.toThrow(
      expect.objectContaining({ code: "bad_request" }),
    );
    expect(asked.searches).toHaveLength(1);
  });

  test("of a bug in the retriever is that bug", async () => {
    const bug = new TypeError("undefined is not a function");
    await expect(forward(retrieve(), query, options(telling(bug, "found")))).rejects.toBe(bug);
  });

  test("and waits is over as soon as nobody wants to know", async () => {
    const controller = new AbortController();
    const made = forward(retrieve(), query, {
      ...options(telling(failing("connection"), "found")),
      signal: controller.signal,
    });
    const failure = made.catch((thrown: unknown) => thrown);
    await clock.advance(50);
    controller.abort();
    expect(await failure).toMatchObject({ code: "cancelled" });
  });
});

describe("a program that answers from what it finds", () => {
  const GenerateAnswer = signature("context: string[], question -> answer", {
    instructions: "Answers from the given passages only.",
  });
  const rag = program({
    name: "RAG",
    parts: { search: retrieve({ client: "kb", k: 1 }), generate: chainOfThought(GenerateAnswer, { client: "lm" }) },
    async forward({ search, generate }, inputs: { question: string }) {
      const { passages } = await search({ query: inputs.question });
      return generate({ context: passages, question: inputs.question });
    },
  });
  const reply = { reasoning: "It says so.", answer: "Its fountain." };

  test("shows the passages to its model", async () => {
    const lm = scripted([reply]);
    const result = await forward(rag, { question: "What has Geneva's lake?" }, { clients: { kb, lm }, trace: true });
    expect(result).toEqual(reply);
    expect(lm.requests[0]?.messages.at(-1)?.content).toContain(TOWNS[1]?.text);
    expect(result.$meta).toMatchObject({ client: "lm", model: "scripted", attempts: 1 });
    expect(result.$meta.trace).toMatchObject([
      { kind: "search", path: "search", inputs: { k: 1 }, exchanges: [] },
      { kind: "predict", path: "generate.predict" },
    ]);
  });

  test("names its predictors, and has one model's call in its meta when the search ends last", async () => {
    expect(Object.keys(rag.predictors())).toEqual(["generate.predict"]);
    const checks = program({
      name: "checks",
      parts: rag.parts,
      async forward({ search, generate }, { question }: { question: string }) {
        const { answer } = await generate({ context: [], question });
        return search({ query: answer });
      },
    });
    const result = await forward(checks, { question: "?" }, { clients: { kb, lm: scripted([reply]) } });
    expect(result).toMatchObject({ passages: [TOWNS[1]?.text] });
    expect(result.$meta).toMatchObject({ client: "lm", model: "scripted" });
  });
});
