// Whatever a user's code throws, aborts with or gives back costs its own call, and nobody else anything.
import { pino } from "pino";
import { describe, expect, onTestFinished, test } from "vitest";
import { client } from "../../src/actors/client/client.ts";
import { programActor } from "../../src/actors/program/program-actor.ts";
import { runStarted } from "../../src/actors/run/run-events.ts";
import type { Adapter } from "../../src/adapters/adapter.ts";
import { chatAdapter } from "../../src/adapters/chat-adapter.ts";
import type { LanguageModel, LmSpec } from "../../src/lm/language-model.ts";
import { backoff } from "../../src/lm/retry/retry-policy.ts";
import type { CallContext } from "../../src/programs/call-context.ts";
import { program } from "../../src/programs/composed-program.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import { retrieve } from "../../src/programs/modules/retrieve.ts";
import type { RetrieverSpec } from "../../src/retrieval/retriever.ts";
import { behaviour } from "../../src/runtime/behaviour.ts";
import type { Behaviour } from "../../src/runtime/actor.ts";
import { signature } from "../../src/signatures/signature.ts";
import { worker } from "../../src/supervisors/child-spec.ts";
import { startSystem, type System } from "../../src/system.ts";
import { scripted } from "../../src/testing/scripted.ts";
import { ODD_VALUES } from "./odd-values.ts";

const qa = predict(signature("q -> a"), { client: "sound" });
const sound = client({ name: "sound", lm: scripted(() => ({ a: "1" })) });

type Make = () => unknown;

/** A system with a sound client and what else is wanted, whose log goes where nobody reads it. */
async function started(...children: Parameters<typeof startSystem>[0]["children"]): Promise<System> {
  const system = await startSystem({
    children: [sound, ...children],
    logger: pino({ level: "debug" }, { write: () => {} }),
    cache: false,
    retry: backoff({ maxAttempts: 1 }),
  });
  onTestFinished(() => system.stop());
  return system;
}

/** Fails unless everything else goes on, and the system stops. */
async function soundAfter(system: System): Promise<void> {
  expect(await system.tryForward(qa, { q: "next" })).toMatchObject({ ok: true });
  await system.stop();
}

const thrower = (name: string, make: Make) =>
  program({
    name,
    parts: { qa },
    async forward(_parts, _inputs: { q: string }, _context: CallContext): Promise<{ a: string }> {
      throw make();
    },
  });

/** A model of one's own, all of it as it should be but for what is given. */
function model(part: Partial<LanguageModel>, spec: Partial<LmSpec> = {}): LmSpec {
  const lm: LanguageModel = {
    provider: "own",
    model: "own",
    capabilities: { schema: false, tools: false, prefill: false, grammar: false },
    generate: () => Promise.reject(new Error("not asked")),
    stream: () => {
      throw new Error("not asked");
    },
    close: async () => {},
    ...part,
  };
  return { kind: "lm", provider: "own", model: "own", open: async () => lm, ...spec };
}

/** Where a thing is thrown, and how the call is made that it should fail. */
const PLACES: Readonly<Record<string, (make: Make) => Promise<void>>> = {
  "a program throws it": async (make) => {
    const system = await started();
    expect(await system.tryForward(thrower("bad", make), { q: "x" })).toMatchObject({ ok: false });
    await soundAfter(system);
  },
  "a hosted program throws it": async (make) => {
    const spec = programActor({ name: "p", program: thrower("bad", make) });
    const system = await started(spec);
    expect(await system.handle(spec).tryCall({ q: "x" })).toMatchObject({ ok: false });
    await soundAfter(system);
  },
  "a streamed program throws it": async (make) => {
    const system = await started();
    await expect(system.stream(thrower("bad", make), { q: "x" }).next()).rejects.toBeDefined();
    await soundAfter(system);
  },
  "a model throws it": async (make) => {
    const generate = (): never => {
      throw make();
    };
    const system = await started(client({ name: "bad", lm: model({ generate }) }));
    expect(await system.tryForward(qa.with({ client: "bad" }), { q: "x" })).toMatchObject({ ok: false });
    await soundAfter(system);
  },
  "a model rejects with it": async (make) => {
    const generate = (): Promise<never> => Promise.reject(make());
    const system = await started(client({ name: "bad", lm: model({ generate }) }));
    expect(await system.tryForward(qa.with({ client: "bad" }), { q: "x" })).toMatchObject({ ok: false });
    await soundAfter(system);
  },
  "a model's stream throws it": async (make) => {
    const next = (): Promise<never> => Promise.reject(make());
    const stream = (): AsyncIterable<never> => ({ [Symbol.asyncIterator]: () => ({ next }) });
    const system = await started(client({ name: "bad", lm: model({ stream }) }));
    await expect(system.stream(qa.with({ client: "bad" }), { q: "x" }).next()).rejects.toBeDefined();
    await soundAfter(system);
  },
  "a model's close rejects with it": async (make) => {
    const system = await started(client({ name: "bad", lm: model({ close: () => Promise.reject(make()) }) }));
    await soundAfter(system);
  },
  "a model's close throws it": async (make) => {
    const close = (): never => {
      throw make();
    };
    const system = await started(client({ name: "bad", lm: model({ close }) }));
    await soundAfter(system);
  },
  "a model cannot be opened for it": async (make) => {
    const lm = model({}, { open: () => Promise.reject(make()) });
    await expect(started(client({ name: "bad", lm }))).rejects.toThrow(Error);
  },
  "an adapter throws it": async (make) => {
    const adapter: Adapter = {
      ...chatAdapter(),
      prepare: () => {
        throw make();
      },
    };
    const system = await started();
    expect(await system.tryForward(qa.with({ adapter }), { q: "x" })).toMatchObject({ ok: false });
    await soundAfter(system);
  },
  "a retriever rejects with it": async (make) => {
    const retriever: RetrieverSpec = {
      kind: "retriever",
      name: "own",
      open: async () => ({ name: "own", search: () => Promise.reject(make()), close: async () => {} }),
    };
    const system = await started(client({ name: "kb", retriever }));
    expect(await system.tryForward(retrieve({ k: 1 }), { query: "x" })).toMatchObject({ ok: false });
    await soundAfter(system);
  },
  "a caller aborts with it": async (make) => {
    const controller = new AbortController();
    const lm = scripted(() => ({ a: "1" }), { latencyMs: 100_000 });
    const system = await started(client({ name: "slow", lm }));
    const calls = [qa.with({ client: "slow" })].map((each) =>
      system.tryForward(each, { q: "x" }, { signal: controller.signal }),
    );
    await expect.poll(() => lm.inFlight).toBe(1);
    controller.abort(make());
    expect(await Promise.all(calls)).toMatchObject([{ ok: false, error: { code: "cancelled" } }]);
    await soundAfter(system);
  },
  "a caller has aborted with it": async (make) => {
    const system = await started();
    const signal = AbortSignal.abort(make());
    expect(await system.tryForward(qa, { q: "x" }, { signal })).toMatchObject({ error: { code: "cancelled" } });
    await soundAfter(system);
  },
  "a listener of telemetry throws it": async (make) => {
    const warned: Error[] = [];
    const note = (warning: Error): void => void warned.push(warning);
    process.on("warning", note);
    const stop = runStarted.subscribe(() => {
      throw make();
    });
    onTestFinished(() => {
      stop();
      process.off("warning", note);
    });
    const system = await started();
    expect(await system.tryForward(qa, { q: "x" })).toMatchObject({ ok: true });
    stop();
    await soundAfter(system);
    await expect.poll(() => warned.length).toBe(1);
  },
};

describe.each(Object.entries(PLACES))("%s", (_place, play) => {
  test.each(Object.entries(ODD_VALUES))("%s", (_name, make) => play(make));
});

/** A behaviour in one of whose places the value is thrown, or given back. */
const BEHAVIOURS: Readonly<Record<string, (make: Make) => Partial<Behaviour<null, null>>>> = {
  "handleCall throws it": (make) => ({
    handleCall: () => {
      throw make();
    },
  }),
  "handleCall rejects with it": (make) => ({ handleCall: async () => Promise.reject(make()) }),
  "handleCall gives it back": (make) => ({ handleCall: () => make() as never }),
  "handleCall resolves to it": (make) => ({ handleCall: async () => make() as never }),
  "handleCall stops with it": (make) => ({ handleCall: () => ({ stop: make() as never }) }),
  "terminate throws it": (make) => ({
    handleCall: () => ({ stop: "normal" }),
    terminate: () => {
      throw make();
    },
  }),
  "terminate rejects with it": (make) => ({
    handleCall: () => ({ stop: "normal" }),
    terminate: () => Promise.reject(make()),
  }),
  "terminate gives it back": (make) => ({ handleCall: () => ({ stop: "normal" }), terminate: make }),
  "handleContinue throws it": (make) => ({
    handleCall: () => ({ continue: 1 }),
    handleContinue: () => {
      throw make();
    },
  }),
  "self.exit gets it": (make) => ({ handleCall: (_state, _request, _from, self) => self.exit(make() as never) }),
};

describe.each(Object.entries(BEHAVIOURS))("an actor: %s", (_place, part) => {
  test.each(Object.entries(ODD_VALUES))("%s", async (_name, make) => {
    const bad = behaviour<null, null>({ name: "bad", init: () => ({ state: null }), ...part(make) });
    const spec = worker({ id: "bad", behaviour: bad, args: null, name: "bad", restart: "temporary" });
    const system = await started(spec);
    // Either it ends with a reason that can be read, or what was given back was taken for nothing said.
    const asked = system.runtime.call({ name: "bad" }, 1 as never, { timeoutMs: 10 });
    await expect(asked).rejects.toMatchObject({ message: expect.any(String) });
    await soundAfter(system);
  });
});

describe("a start", () => {
  test.each(Object.entries(ODD_VALUES))("whose init throws, stops with, or gives back %s", async (_name, make) => {
    const inits = [
      () => {
        throw make();
      },
      () => ({ stop: make() }) as never,
      () => make() as never,
      async () => make() as never,
    ];
    const system = await started();
    for (const init of inits) {
      const bad = behaviour<null, null>({ name: "bad", init });
      expect(await system.runtime.start(bad, null)).toMatchObject({ status: "error" });
    }
    await soundAfter(system);
  });

  test.each(Object.entries(ODD_VALUES))("of a child whose start function throws or gives back %s", async (_n, make) => {
    const starts = [
      () => {
        throw make();
      },
      () => make() as never,
      () => ({ status: "error", reason: make() }) as never,
    ];
    for (const start of starts)
      await expect(started({ id: "bad", start })).rejects.toMatchObject({ code: "start_failed" });
  });
});
