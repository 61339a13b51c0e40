// Something is begun, something else is awaited, and the first fails meanwhile: that is the run's own matter, which its
// outcome tells. Node would end the process for a rejection that nobody has begun to await.
import { describe, expect, test } from "vitest";
import { client } from "../../src/actors/client/client.ts";
import { LmError } from "../../src/lm/failure.ts";
import type { LmSpec } from "../../src/lm/language-model.ts";
import { backoff } from "../../src/lm/retry/retry-policy.ts";
import type { CallContext } from "../../src/programs/call-context.ts";
import { chainOfThought } from "../../src/programs/modules/chain-of-thought.ts";
import { type BoundParts, program } from "../../src/programs/composed-program.ts";
import { forward } from "../../src/programs/bare/forward.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import { retrieve } from "../../src/programs/modules/retrieve.ts";
import { stream } from "../../src/programs/bare/stream.ts";
import type { RetrieverSpec } from "../../src/retrieval/retriever.ts";
import { signature } from "../../src/signatures/signature.ts";
import { scripted } from "../../src/testing/scripted.ts";
import { until } from "../../src/testing/until.ts";
import { useWorlds } from "./chaos-world.ts";
import { failOnUnhandled } from "../runtime/fail-on-unhandled.ts";

const { start } = useWorlds();
failOnUnhandled();

const refused = (): LmError => new LmError("no", { code: "bad_request" });
const lm = scripted((request) => (JSON.stringify(request.messages).includes("bad") ? refused() : { answer: "hi" }), {
  identity: "so that its answers may be kept",
});
const failing: RetrieverSpec = {
  kind: "retriever",
  name: "failing",
  open: () => Promise.resolve({ search: () => Promise.reject(refused()), close: () => Promise.resolve() }),
};

const qa = predict(signature("question -> answer"));
const bad = { question: "bad" };
const parts = {
  qa,
  thinking: chainOfThought(signature("question -> answer")),
  inner: program({ name: "inner", parts: { qa }, forward: (own, inputs: typeof bad) => own.qa(inputs) }),
  rejecting: { ...qa, forward: () => Promise.reject(refused()) },
  throwing: {
    ...qa,
    forward(): never {
      throw refused();
    },
  },
  find: retrieve(),
};

type Begin = (bound: BoundParts<typeof parts>, context: CallContext) => Promise<unknown>;

const EARLY: Readonly<Record<string, Begin>> = {
  "a predictor": (bound) => bound.qa(bad),
  "one that reasons": (bound) => bound.thinking(bad),
  "a program of programs": (bound) => bound.inner(bad),
  "a program of one's own": (bound) => bound.rejecting(bad),
  "one that throws at once": (bound) => bound.throwing(bad),
  "a search": (bound) => bound.find({ query: "bad" }),
  "a predictor that is no part": (_bound, context) => qa.forward(bad, context),
  "a search that is no part": (_bound, context) => parts.find.forward({ query: "bad" }, context),
  "a client that is not there": (_bound, context) => context.client("nobody"),
  "a retriever that is not there": (_bound, context) => context.retriever("nobody"),
};

/** What is begun of a client that is there already. */
const OPEN: Readonly<Record<string, (context: CallContext) => Promise<() => Promise<unknown>>>> = {
  async "a request"(context) {
    const { lm: model } = await context.client();
    return () => model.generate({ messages: [{ role: "user", content: "bad" }] });
  },
  async "a search of one's own"(context) {
    const { retriever } = await context.retriever();
    return () => retriever.search("bad", 1);
  },
};

/** Long enough that Node has looked for rejections without a handler. */
const meanwhile = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
};

function early(begin: Begin, awaited: boolean) {
  return program({
    name: "early",
    parts,
    async forward(bound, _inputs: { question: string }, context) {
      const first = begin(bound, context);
      await meanwhile();
      const second = await bound.qa({ question: "good" });
      if (awaited) await first;
      return { answer: second.answer };
    },
  });
}

const retry = backoff({ maxAttempts: 1 });

describe.each(Object.entries(EARLY))("%s that is begun early", (_what, begin) => {
  test("bare: its failure is the run's, if the run awaits it", async () => {
    const clients = { main: lm, kb: failing };
    const failure = await forward(early(begin, true), { question: "q" }, { clients, retry }).catch((e: unknown) => e);
    expect(failure).toMatchObject({ code: expect.stringMatching(/^(bad_request|no_such_client)$/) as string });
    expect(await forward(early(begin, false), { question: "q" }, { clients, retry })).toEqual({ answer: "hi" });
    await meanwhile();
  });

  test("under a system: the same", async () => {
    const { system } = await start(() => [client({ name: "main", lm }), client({ name: "kb", retriever: failing })]);
    const failed = await system.tryForward(early(begin, true), { question: "q" }, { retry });
    expect(failed).toMatchObject({
      ok: false,
      error: { code: expect.stringMatching(/^(bad_request|no_such)/) as string },
    });
    expect(await system.forward(early(begin, false), { question: "q" }, { retry })).toEqual({ answer: "hi" });
    await meanwhile();
  });
});

describe.each(["a request", "a search of one's own"])("%s of a client that is there", (what) => {
  const begin: Begin = async (_bound, context) => {
    const call = await OPEN[what]?.(context);
    // Its own promise is what is not awaited.
    return { first: call?.() };
  };
  const made = program({
    name: "made",
    parts,
    async forward(bound, _inputs: { question: string }, context) {
      const { first } = (await begin(bound, context)) as { readonly first: Promise<unknown> };
      await meanwhile();
      await first;
      return { answer: "never" };
    },
  });

  test("bare and under a system", async () => {
    const clients = { main: lm, kb: failing };
    await expect(forward(made, { question: "q" }, { clients, retry })).rejects.toMatchObject({ code: "bad_request" });
    const { system } = await start(() => [client({ name: "main", lm }), client({ name: "kb", retriever: failing })]);
    const outcome = await system.tryForward(made, { question: "q" }, { retry });
    expect(outcome).toMatchObject({ ok: false, error: { code: "bad_request" } });
  });
});

describe("parts that outlive their run", () => {
  /** Ends at once, with a call under way whose model answers only when it is cancelled. */
  const hasty = program({
    name: "hasty",
    parts: { qa },
    async forward(bound, inputs: { question: string }) {
      void bound.qa(inputs);
      await meanwhile();
      return { answer: "soon" };
    },
  });

  test("are cancelled with it, and their failure is nobody's", async () => {
    const slow = scripted(() => new Promise(() => {}));
    expect(await forward(hasty, { question: "q" }, { clients: { slow } })).toEqual({ answer: "soon" });
    await until(() => slow.inFlight === 0);
    const { system } = await start(() => [client({ name: "main", lm: slow })]);
    expect(await system.forward(hasty, { question: "q" })).toEqual({ answer: "soon" });
    await until(() => slow.inFlight === 0);
    expect(slow.requests).toHaveLength(2);
    await meanwhile();
  });

  test("open no client any more", async () => {
    let opened = 0;
    const spec: LmSpec = {
      kind: "lm",
      provider: "own",
      model: "own",
      open() {
        opened += 1;
        return lm.open();
      },
    };
    let late: Promise<unknown> | undefined;
    const later = program({
      name: "later",
      parts: {},
      forward(_parts, inputs: { question: string }, context) {
        late = meanwhile().then(() => context.client());
        return inputs;
      },
    });
    await forward(later, { question: "q" }, { clients: { spec } });
    await expect(late).rejects.toMatchObject({ code: "cancelled" });
    expect(opened).toBe(0);
  });
});

test("a listener that nobody hears any more is no failure of whoever tells it something in passing", async () => {
  const telling = program({
    name: "telling",
    parts: {},
    async forward(_parts, _inputs: { question: string }, { parts: tell }) {
      const part = { predictor: "self", field: "answer", delta: "x", done: false };
      for (let count = 0; count < 40; count += 1) void tell?.([part]);
      await meanwhile();
      return { answer: "x" };
    },
  });
  const items = stream(telling, { question: "q" }, { clients: {} });
  await items.next();
  await items.return();
  await meanwhile();
});
