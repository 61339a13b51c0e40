// Whoever calls finds in their own code, however it is reached, what they have put into an AsyncLocalStorage: tenants,
// loggers, transactions and spans hang on it. Others' never.
import { AsyncLocalStorage } from "node:async_hooks";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { client } from "../../src/actors/client/client.ts";
import { programActor } from "../../src/actors/program/program-actor.ts";
import { runEnded, runStarted } from "../../src/actors/run/run-events.ts";
import type { Adapter } from "../../src/adapters/adapter.ts";
import { chatAdapter } from "../../src/adapters/chat-adapter.ts";
import type { LanguageModel, LmSpec } from "../../src/lm/language-model.ts";
import { program } from "../../src/programs/composed-program.ts";
import { forward } from "../../src/programs/bare/forward.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import type { Program } from "../../src/programs/program.ts";
import { retrieve } from "../../src/programs/modules/retrieve.ts";
import { stream } from "../../src/programs/bare/stream.ts";
import type { RetrieverSpec } from "../../src/retrieval/retriever.ts";
import { signature } from "../../src/signatures/signature.ts";
import { startSystem, type System, type SystemOptions } from "../../src/system.ts";

const tenant = new AsyncLocalStorage<string>();

/** What was seen at each place, as `place: whose call it was > whose context it had`. */
const looks: string[] = [];
afterEach(() => void looks.splice(0));

/** Each look is somebody's: the call's input says whose. */
function look(place: string, whose: string): void {
  looks.push(`${place}: ${whose} > ${tenant.getStore() ?? "nobody"}`);
}

const FOREIGN = (line: string): boolean => {
  const [, whose, store] = /: (.*) > (.*)$/.exec(line) ?? [];
  return whose !== store;
};

const TENANTS = Array.from({ length: 12 }, (_, index) => `t${index}`);

/** Makes the call for each tenant at once, in that tenant's context; fails where one saw another's. */
async function forAll(call: (whose: string) => Promise<unknown>, places: readonly string[]): Promise<void> {
  await Promise.all(TENANTS.map((whose) => tenant.run(whose, () => call(whose))));
  expect(looks.filter(FOREIGN)).toEqual([]);
  expect([...new Set(looks.map((line) => line.replace(/: .*/, "")))].toSorted()).toEqual([...places].toSorted());
}

const ANSWER = "[[ ## a ## ]]\n1\n\n[[ ## completed ## ]]";

/** The tenant's name is somewhere in the prompt. */
function whoseIn(request: { readonly messages: readonly { readonly content: unknown }[] }): string {
  return /tenant (\w+)/.exec(JSON.stringify(request.messages.at(-1)))?.[1] ?? "?";
}

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A model of one's own. It fails every first request of a tenant, so that asking again is looked at too. */
function ownModel(): LmSpec {
  const asked = new Set<string>();
  const response = { completions: [{ text: ANSWER, finishReason: "stop" as const }], model: "own", id: "1" };
  const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };
  const lm: LanguageModel = {
    provider: "own",
    model: "own",
    capabilities: { schema: false, tools: false, prefill: false, grammar: false },
    async generate(request, { signal } = {}) {
      const whose = whoseIn(request);
      look("generate", whose);
      signal?.addEventListener("abort", () => look("abort", whose));
      await soon();
      look("generate later", whose);
      if (asked.has(whose)) return { ...response, usage };
      asked.add(whose);
      throw new TypeError("a bug in the model, once");
    },
    async *stream(request) {
      const whose = whoseIn(request);
      look("stream", whose);
      for (const piece of ANSWER.split(" ")) {
        await soon();
        look("stream later", whose);
        yield { type: "text", text: `${piece} ` };
      }
      yield { type: "done", response: { ...response, usage } };
    },
    close: async () => {},
  };
  return { kind: "lm", provider: "own", model: "own", open: async () => lm };
}

const adapter: Adapter = {
  ...chatAdapter(),
  prepare(...prompt) {
    const prepared = chatAdapter().prepare(...prompt);
    return {
      ...prepared,
      begin(inputs, capabilities) {
        look("adapter", /tenant (\w+)/.exec(JSON.stringify(inputs))?.[1] ?? "?");
        return prepared.begin(inputs, capabilities);
      },
    };
  },
};

const kb: RetrieverSpec = {
  kind: "retriever",
  name: "own",
  open: async () => ({
    name: "own",
    async search(query) {
      const whose = query.replace("tenant ", "");
      look("search", whose);
      await soon();
      look("search later", whose);
      return [{ text: "a passage", score: 1, source: "own" }];
    },
    close: async () => {},
  }),
};

const told = program({
  name: "told",
  parts: { qa: predict(signature("q -> a"), { adapter }), find: retrieve({ k: 1 }) },
  async forward({ qa, find }, { q }: { q: string }, context) {
    const whose = q.replace("tenant ", "");
    look("program", whose);
    const [made] = await Promise.all([qa({ q }), find({ query: q })]);
    look("program later", whose);
    await context.client("own");
    look("program at last", whose);
    return { a: made.a };
  },
});

const PROGRAM = ["program", "program later", "program at last", "adapter", "search", "search later"];
const WHOLE = [...PROGRAM, "generate", "generate later", "abort"];
const STREAMED = [...PROGRAM, "stream", "stream later"];

async function started(options: Partial<SystemOptions> = {}): Promise<System> {
  const lm = ownModel();
  const clients = [client({ name: "own", lm, limits: { concurrency: 2 } }), client({ name: "kb", retriever: kb })];
  const children = [...clients, ...(options.children ?? [])];
  const system = await startSystem({ logger: false, cache: false, ...options, children });
  onTestFinished(() => system.stop());
  return system;
}

/** Reads it in another context than the one in which it was asked for. */
function readElsewhere(items: AsyncIterable<object>): Promise<void> {
  return tenant.run("the reader", async () => {
    for await (const _item of items);
  });
}

const asked = (whose: string): { readonly q: string } => ({ q: `tenant ${whose}` });

describe("what a caller has put into an AsyncLocalStorage is there", () => {
  test("in system.forward: in the program, its adapter, its models and retrievers, also when they are asked again", async () => {
    const system = await started();
    await forAll((whose) => system.forward(told, asked(whose)), WHOLE);
  });

  test("behind the cache, where equal calls wait for one", async () => {
    const system = await started({ cache: {} });
    await forAll((whose) => system.forward(told, asked(whose)), WHOLE);
  });

  test("in a handle's calls, those that wait in its line too", async () => {
    const spec = programActor({ name: "p", program: told, maxConcurrency: 3 });
    const system = await started({ children: [spec] });
    await forAll((whose) => system.handle(spec).call(asked(whose)), WHOLE);
  });

  test("in system.stream and a handle's, whoever reads them", async () => {
    const spec = programActor({ name: "p", program: told, maxConcurrency: 3 });
    const system = await started({ children: [spec] });
    await forAll((whose) => readElsewhere(system.stream(told, asked(whose))), STREAMED);
    await forAll((whose) => readElsewhere(system.handle(spec).stream(asked(whose))), STREAMED);
  });

  test("bare: in forward and stream", async () => {
    const clients = { own: ownModel(), kb };
    const bare = predict(signature("q -> a"), { adapter });
    // It does not ask again after a bug: each tenant's first request fails.
    const places = ["adapter", "generate", "generate later", "abort"];
    await forAll((whose) => forward(bare, asked(whose), { clients }).catch(() => {}), places);
    looks.length = 0;
    const program: Program<{ q: string }> = told;
    await forAll((whose) => readElsewhere(stream(program, asked(whose), { clients })), STREAMED);
  });

  test("in listeners of a run's telemetry", async () => {
    const system = await started();
    const runs = new Map<string, string>();
    const stops = [runStarted, runEnded].map((kind) =>
      kind.subscribe(({ run, systemId }) => {
        if (systemId !== system.id) return;
        const whose = runs.get(run) ?? tenant.getStore() ?? "nobody";
        runs.set(run, whose);
        look(kind.kind, whose);
      }),
    );
    onTestFinished(() => stops.forEach((stop) => stop()));
    await forAll((whose) => system.forward(told, asked(whose)), [...WHOLE, "run:started", "run:ended"]);
    expect([...runs.values()].toSorted()).toEqual(TENANTS.toSorted());
  });

  test("in a model's abort listeners, whoever aborts", async () => {
    const system = await started();
    const controllers = TENANTS.map((whose) => [whose, new AbortController()] as const);
    const calls = controllers.map(([whose, { signal }]) =>
      tenant.run(whose, () => system.tryForward(predict(signature("q -> a")), asked(whose), { signal })),
    );
    await expect.poll(() => looks.length).toBeGreaterThan(1);
    tenant.run("the aborter", () => controllers.forEach(([, controller]) => controller.abort()));
    await Promise.all(calls);
    expect(looks.filter(FOREIGN)).toEqual([]);
    expect(looks.some((line) => line.startsWith("abort"))).toBe(true);
  });
});
