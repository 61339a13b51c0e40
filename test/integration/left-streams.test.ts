// A stream that is left, aborted or killed gives its model's iterator back, whatever door it came through and whatever the
// model does: nothing of it stays, not a timer, not a listener, not a generator that waits to be read on.
import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { client } from "../../src/actors/client/client.ts";
import { programActor } from "../../src/actors/program/program-actor.ts";
import { type Clock, sleep } from "../../src/foundation/clock.ts";
import type { LanguageModel, LmCallOptions, LmChunk, LmSpec } from "../../src/lm/language-model.ts";
import { program } from "../../src/programs/composed-program.ts";
import { forward } from "../../src/programs/bare/forward.ts";
import type { ProgramStream } from "../../src/programs/program-stream.ts";
import { stream } from "../../src/programs/bare/stream.ts";
import { type TestClock, testClock } from "../../src/testing/test-clock.ts";
import { living } from "../actors/living-tree.ts";
import { watch } from "../actors/outcomes.ts";
import { kill, qa, useWorlds, type World } from "./chaos-world.ts";
import { failOnUnhandled } from "../runtime/fail-on-unhandled.ts";

const { start } = useWorlds();
failOnUnhandled();

interface Counts {
  begun: number;
  ended: number;
}

type Chunks = (clock: Clock, counts: Counts, signal: AbortSignal) => AsyncIterable<LmChunk>;

const HEAD: LmChunk = { type: "text", text: "[[ ## answer ## ]]\n" };
const WORD: LmChunk = { type: "text", text: "word " };

/** Models that users may write. Each says two words at once, and then what its name says. */
const MODELS: Readonly<Record<string, Chunks>> = {
  async *"goes on whatever its signal says"(clock, counts) {
    counts.begun += 1;
    try {
      yield HEAD;
      for (;;) {
        yield WORD;
        await sleep(clock, 10);
      }
    } finally {
      counts.ended += 1;
    }
  },
  async *"waits until its signal aborts"(_clock, counts, signal) {
    counts.begun += 1;
    try {
      yield HEAD;
      yield WORD;
      await new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
      });
    } finally {
      counts.ended += 1;
    }
  },
  async *"fails in its last words"(clock, counts, signal) {
    counts.begun += 1;
    try {
      yield HEAD;
      yield WORD;
      await sleep(clock, 60_000, signal);
    } finally {
      counts.ended += 1;
      // oxlint-disable-next-line no-unsafe-finally -- that is what it does
      throw new Error("and another thing");
    }
  },
  async *"has last words without end"(clock, counts, signal) {
    counts.begun += 1;
    try {
      yield HEAD;
      yield WORD;
      await sleep(clock, 60_000, signal);
    } finally {
      counts.ended += 1;
      await new Promise(() => {});
    }
  },
  "is no generator, and waits for ever": (_clock, counts) => ({
    [Symbol.asyncIterator]() {
      const chunks = [HEAD, WORD];
      counts.begun += 1;
      return {
        next() {
          const value = chunks.shift();
          return value === undefined ? new Promise(() => {}) : Promise.resolve({ done: false, value });
        },
        return() {
          counts.ended += 1;
          throw new Error("it is none of your business");
        },
      };
    },
  }),
};

function modelOf(chunks: Chunks, clock: Clock, counts: Counts): LmSpec {
  // With an identity: its answers may be kept, so that the system's cache is in between too.
  const about = { provider: "own", model: "own", identity: "own" };
  const lm: LanguageModel = {
    ...about,
    capabilities: { schema: false, tools: false, prefill: false, grammar: false },
    generate: () => Promise.reject(new Error("nobody should ask for a whole answer")),
    stream: (_request, { signal }: LmCallOptions = {}) => chunks(clock, counts, signal as AbortSignal),
    close: () => Promise.resolve(),
  };
  return { kind: "lm", ...about, open: () => Promise.resolve(lm) };
}

interface Scene {
  readonly clock: TestClock;
  readonly counts: Counts;
  readonly caller: AbortController;
  readonly items: ProgramStream<typeof qa>;
  readonly world?: World;
}

type Door = (chunks: Chunks) => Promise<Scene>;

const bare: Door = async (chunks) => {
  const clock = testClock();
  const counts = { begun: 0, ended: 0 };
  const caller = new AbortController();
  const clients = { main: modelOf(chunks, clock, counts) };
  return { clock, counts, caller, items: stream(qa, { question: "q1" }, { clients, clock, signal: caller.signal }) };
};

const hosted =
  (through: "system" | "handle"): Door =>
  async (chunks) => {
    const counts = { begun: 0, ended: 0 };
    const caller = new AbortController();
    const spec = programActor({ name: "qa", program: qa });
    const world = await start((clock) => [client({ name: "main", lm: modelOf(chunks, clock, counts) }), spec]);
    const { system, clock } = world;
    const options = { signal: caller.signal, timeoutMs: 5_000 };
    const handle = system.handle(spec);
    const inputs = { question: "q1" };
    const items = through === "handle" ? handle.stream(inputs, options) : system.stream(qa, inputs, options);
    return { clock, counts, caller, items, world };
  };

const DOORS: Readonly<Record<string, Door>> = {
  "a bare stream": bare,
  "system.stream": hosted("system"),
  "a handle's stream": hosted("handle"),
};

/** A program's actor, its run and its request each take their turns. */
async function settle(clock: TestClock): Promise<void> {
  for (let round = 0; round < 4; round += 1) await clock.settle();
}

/** The model's second word has been heard, and nothing more comes by itself. */
async function untilItWaits({ items, clock }: Scene): Promise<void> {
  const first = watch("first", items.next());
  await settle(clock);
  expect(first.code).toBe("ok");
}

async function nothingIsLeft({ clock, counts, caller, world }: Scene): Promise<void> {
  // A generator that minds no signal hears of its return when its next word is through.
  await clock.advance(10);
  expect(counts).toEqual({ begun: 1, ended: 1 });
  expect(getEventListeners(caller.signal, "abort")).toEqual([]);
  await world?.system.stop();
  expect(clock.pending).toBe(0);
}

describe.each(Object.entries(DOORS))("%s", (_door, open) => {
  describe.each(Object.entries(MODELS))("of a model that %s", (_model, chunks) => {
    test("is left by a break", async () => {
      const scene = await open(chunks);
      const loop = async (): Promise<void> => {
        for await (const _item of scene.items) break;
      };
      const left = watch("loop", loop());
      await settle(scene.clock);
      expect(left.code).toBe("ok");
      await nothingIsLeft(scene);
    });

    test("is left by an error in its loop", async () => {
      const scene = await open(chunks);
      const loop = async (): Promise<void> => {
        for await (const _item of scene.items) throw new RangeError("mine");
      };
      const left = watch("loop", loop());
      await settle(scene.clock);
      expect(left.value).toEqual(new RangeError("mine"));
      await nothingIsLeft(scene);
    });

    test("is left while it waits", async () => {
      const scene = await open(chunks);
      await untilItWaits(scene);
      const { items, clock } = scene;
      const waiting = [watch("1", items.next()), watch("2", items.next())];
      await settle(clock);
      const left = watch("return", items.return());
      await settle(clock);
      expect([left.value, waiting.at(-1)?.value]).toEqual([{ done: true }, { done: true }]);
      await nothingIsLeft(scene);
    });

    test("is aborted by its caller", async () => {
      const scene = await open(chunks);
      await untilItWaits(scene);
      scene.caller.abort(new Error("gone"));
      const rest = watch("rest", drain(scene.items));
      await settle(scene.clock);
      expect(rest.code).toBe("cancelled");
      await nothingIsLeft(scene);
    });
  });
});

describe.each(["system", "handle"] as const)("through the %s", (through) => {
  const ENDS: Readonly<Record<string, (world: World, clock: TestClock) => unknown>> = {
    "its deadline": (_world, clock) => clock.advance(5_000),
    "a kill of its request": ({ system }) => killOne(system, "request"),
    "a kill of its run": ({ system }) => killOne(system, "run"),
    "a kill of its client": (world) => world.kill("client/main"),
    "a stop of the system": ({ system }) => system.stop(),
    "a kill of the root": ({ system }) => kill(system, system.root),
  };
  describe.each(Object.entries(MODELS))("a stream of a model that %s", (_model, chunks) => {
    test.each(Object.entries(ENDS))("is ended by %s", async (_what, end) => {
      const scene = await hosted(through)(chunks);
      await untilItWaits(scene);
      const { world, clock } = scene as Scene & { readonly world: World };
      await end(world, clock);
      const rest = watch("rest", drain(scene.items));
      await settle(clock);
      expect(rest.settled).toBe(true);
      expect(rest.code).not.toBe("ok");
      await nothingIsLeft(scene);
    });
  });
});

describe("a stream that a program reads by itself", () => {
  const request = { messages: [{ role: "user" as const, content: "q1" }] };
  const READERS: Readonly<Record<string, (chunks: AsyncIterable<LmChunk>) => Promise<unknown>>> = {
    async "it leaves by a break"(chunks) {
      for await (const _chunk of chunks) break;
    },
    "it forgets about": (chunks) => chunks[Symbol.asyncIterator]().next(),
    async "it leaves while it waits"(chunks) {
      const iterator = chunks[Symbol.asyncIterator]();
      await iterator.next();
      await iterator.next();
      const waiting = iterator.next();
      await iterator.return?.();
      await waiting;
    },
  };
  const own = new AbortController().signal;

  describe.each(["bare", "under a system"])("%s", (where) => {
    describe.each(Object.entries(MODELS))("of a model that %s", (model, chunks) => {
      test.each(Object.entries(READERS))("%s", async (how, read) => {
        const counts = { begun: 0, ended: 0 };
        const reading = program({
          name: "reading",
          parts: {},
          async forward(_parts, _inputs: { question: string }, context) {
            const { lm } = await context.client();
            await read(lm.stream(request, { signal: own }));
            return { done: true };
          },
        });
        const inputs = { question: "q1" };
        const clock = testClock();
        const world =
          where === "bare"
            ? undefined
            : await start((made) => [client({ name: "main", lm: modelOf(chunks, made, counts) })]);
        const lm = modelOf(chunks, clock, counts);
        const run = watch(
          how,
          world?.system.forward(reading, inputs) ?? forward(reading, inputs, { clients: { lm }, clock }),
        );
        await settle(world?.clock ?? clock);
        expect(run.value, model).toEqual({ done: true });
        await (world?.clock ?? clock).advance(10);
        expect(counts).toEqual({ begun: 1, ended: 1 });
        expect(getEventListeners(own, "abort")).toEqual([]);
        await world?.system.stop();
        expect((world?.clock ?? clock).pending).toBe(0);
      });
    });
  });
});

async function drain(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _item of items);
}

function killOne(system: World["system"], what: string): void {
  kill(system, living(system.runtime, system.root).find(({ type }) => type === what)?.ref);
}
