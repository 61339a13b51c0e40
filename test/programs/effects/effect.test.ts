import { describe, expect, test } from "vitest";
import { lives } from "../../../scripts/kill-effects/lives.ts";
import { EFFECTS, ITEMS, pipeline, slowModel, watched } from "../../../scripts/kill-effects/pipeline.ts";
import { DspexError, UsageError } from "../../../src/foundation/errors.ts";
import { seededRandom } from "../../../src/foundation/random.ts";
import { LmError } from "../../../src/lm/failure.ts";
import { forward } from "../../../src/programs/bare/forward.ts";
import type { CallContext } from "../../../src/programs/call-context.ts";
import { program } from "../../../src/programs/composed-program.ts";
import { effectJournal } from "../../../src/programs/effects/effect-journal.ts";
import { type EffectStore, memoryEffects } from "../../../src/programs/effects/effect-store.ts";
import { retrieve } from "../../../src/programs/modules/retrieve.ts";
import { predict } from "../../../src/programs/predict/predict.ts";
import { signature } from "../../../src/signatures/signature.ts";
import { scripted } from "../../../src/testing/scripted.ts";
import { storeFolder } from "../../foundation/store-folder.ts";

const topic = { topic: "lakes" };

/** One life of the pipeline: whole, or until so many effects have been kept. Then nothing more of it reaches the store. */
async function life(store: EffectStore, seed: number, killAfter = Infinity) {
  const performed: string[] = [];
  const killed = new AbortController();
  const lm = slowModel(seededRandom(seed), (asked) => performed.push(asked));
  const effects = watched(
    {
      find: (key) => store.find(key),
      record: (key, step) => (killed.signal.aborted ? new Promise(() => {}) : store.record(key, step)),
    },
    (count) => count === killAfter && killed.abort(),
  );
  const { signal } = killed;
  const made = await forward(pipeline, topic, { clients: { lm }, runId: "r", effects, signal, trace: true }).catch(
    (error: unknown) => (signal.aborted ? undefined : Promise.reject(error)),
  );
  return { made, performed };
}

/** What a store holds, by the question that was asked. */
function questions(store: EffectStore & { readonly ids: Set<string> }): number {
  return store.ids.size;
}

function counting(): EffectStore & { readonly ids: Set<string>; readonly twice: string[] } {
  const store = memoryEffects();
  const ids = new Set<string>();
  const twice: string[] = [];
  return {
    ids,
    twice,
    find: (key) => store.find(key),
    async record(key, step) {
      if (ids.has(key.id)) twice.push(key.id);
      ids.add(key.id);
      await store.record(key, step);
    },
  };
}

describe("a run of two pipelines side by side, killed after each of its effects in turn", () => {
  test("comes to the same, each item to its own answer, and performs none again that was kept", async () => {
    const { made: whole } = await life(memoryEffects(), 1);
    expect(whole?.finals).toHaveLength(2 * ITEMS);
    expect(new Set(whole?.finals).size).toBe(2 * ITEMS);
    expect(whole?.finals[3]).toBe("final of draft of title of lakes 3");
    for (let after = 1; after <= EFFECTS; after += 1) {
      const store = counting();
      await life(store, 100 + after, after);
      const kept = questions(store);
      expect(kept).toBeGreaterThanOrEqual(after);
      const { made, performed } = await life(store, 200 + after);
      expect({ ...made }).toEqual({ ...whole });
      expect(performed).toHaveLength(EFFECTS - kept);
      expect(store.twice).toEqual([]);
      expect(made?.$meta.trace?.filter((step) => step.replayed)).toHaveLength(kept);
    }
  });

  test("also where the process is a real one: killed three times, then whole", async () => {
    const { summary, finals, replayed, kept } = await lives(storeFolder(), [1, 2, 3], 7);
    const { made: whole } = await life(memoryEffects(), 1);
    expect({ summary, finals }).toEqual({ ...whole });
    expect(kept).toHaveLength(EFFECTS);
    expect(new Set(kept).size).toBe(EFFECTS);
    expect(replayed).toBeGreaterThanOrEqual(6);
  });
});

describe("an effect", () => {
  const dice = program({
    name: "Dice",
    parts: {},
    async forward(_parts, { sides }: { sides: number }, context: CallContext) {
      const throwDie = () => context.effect("dice", { sides }, async () => (draws += 1));
      return { sum: (await throwDie()) * 10 + (await throwDie()) };
    },
  });
  let draws = 0;

  test("of a program's own is performed once in all lives of its run; equal ones are told apart by their order", async () => {
    draws = 0;
    const effects = memoryEffects();
    const run = (runId: string) => forward(dice, { sides: 6 }, { clients: {}, effects, runId });
    expect([(await run("a")).sum, (await run("a")).sum, (await run("b")).sum, (await run("a")).sum]).toEqual([
      12, 12, 34, 12,
    ]);
  });

  test("with another input is another one", async () => {
    draws = 0;
    const effects = memoryEffects();
    await forward(dice, { sides: 6 }, { clients: {}, effects, runId: "a" });
    expect((await forward(dice, { sides: 8 }, { clients: {}, effects, runId: "a" })).sum).toBe(34);
  });

  test("that failed fails again in the same way, and is not performed", async () => {
    const effects = memoryEffects();
    const lm = scripted([new LmError("no", { code: "auth", status: 401 })]);
    const brave = program({
      name: "Brave",
      parts: { ask: predict(signature("q -> a")) },
      forward: ({ ask }, inputs: { q: string }) => ask(inputs).catch((error: LmError) => ({ a: `${error.status}` })),
    });
    for (const life of ["first", "second"]) {
      const { a } = await forward(brave, { q: "?" }, { clients: { lm }, effects, runId: "a" });
      expect([life, a]).toEqual([life, "401"]);
    }
    expect(lm.requests).toHaveLength(1);
  });

  test("that was cancelled, or that crashed, is performed again", async () => {
    const effects = memoryEffects();
    const stop = new AbortController();
    const ask = predict(signature("q -> a"));
    const gone = scripted(() => (stop.abort(), { a: "late" }), { latencyMs: 0 });
    const options = { effects, runId: "a" };
    const slow = {
      ...gone,
      generate: (...args: Parameters<typeof gone.generate>) => (stop.abort(), gone.generate(...args)),
    };
    await expect(
      forward(ask, { q: "?" }, { ...options, clients: { slow }, signal: stop.signal }),
    ).rejects.toMatchObject({ code: "cancelled" });
    const buggy = { ...gone, generate: () => Promise.reject(new TypeError("a bug")) };
    await expect(forward(ask, { q: "?" }, { ...options, clients: { buggy } })).rejects.toThrow("a bug");
    const { a } = await forward(ask, { q: "?" }, { ...options, clients: { lm: scripted([{ a: "now" }]) } });
    expect(a).toBe("now");
  });

  test("whose result cannot be kept fails with that", async () => {
    class Full extends DspexError<"full"> {}
    const full = new Full("the disk is full", { code: "full", retryable: false });
    const effects: EffectStore = { find: () => undefined, record: () => Promise.reject(full) };
    const run = forward(
      predict(signature("q -> a")),
      { q: "?" },
      { clients: { lm: scripted([{ a: "x" }]) }, effects, runId: "a" },
    );
    await expect(run).rejects.toBe(full);
  });

  test("within another is counted there: a later life, which does not come by it again, tells equal ones apart alike", async () => {
    draws = 0;
    const nested = program({
      name: "Nested",
      parts: { dice },
      async forward({ dice: thrown }, { sides }: { sides: number }, context: CallContext) {
        const outer = await context.effect("round", { sides }, async () => (await thrown({ sides })).sum);
        return { outer, inner: (await thrown({ sides })).sum };
      },
    });
    const effects = memoryEffects();
    const run = async () => ({ ...(await forward(nested, { sides: 6 }, { clients: {}, effects, runId: "a" })) });
    expect([await run(), await run()]).toEqual([
      { outer: 12, inner: 34 },
      { outer: 12, inner: 34 },
    ]);
  });

  test.for<[string, unknown, unknown]>([
    ["a map", new Map([["a", 1]]), { a: 1 }],
    ["a gap in a list", [undefined, 1], [null, 1]],
    ["data with a key of the library's", { $meta: 1, x: 2 }, { $meta: 1, x: 2 }],
    ["nothing", undefined, undefined],
  ])("gives in its first life what later ones will read: %s", async ([, given, read]) => {
    const odd = program({
      name: "Odd",
      parts: {},
      forward: async (_parts, _inputs: object, context: CallContext) => ({
        value: await context.effect("odd", {}, async () => given),
      }),
    });
    const effects = memoryEffects();
    const run = async () => (await forward(odd, {}, { clients: {}, effects, runId: "a" })).value;
    expect([await run(), await run()]).toStrictEqual([read, read]);
  });

  test.for([undefined, memoryEffects()])("that throws at once is one that rejects", async (effects) => {
    const hasty = program({
      name: "Hasty",
      parts: {},
      async forward(_parts, _inputs: object, context: CallContext) {
        const failing = context.effect("hasty", {}, () => {
          throw new Error("at once");
        });
        return { said: await failing.catch(({ message }: Error) => message) };
      },
    });
    const { said } = await forward(hasty, {}, { clients: {}, runId: "a", effects });
    expect(said).toBe("at once");
  });

  test("may be a search", async () => {
    let searches = 0;
    const kb = {
      search: async () => ((searches += 1), [{ text: `found ${searches}`, score: 1, source: "s" }]),
      close: async () => undefined,
    };
    const effects = memoryEffects();
    const found = async () =>
      (await forward(retrieve(), { query: "x" }, { clients: { kb }, effects, runId: "a", trace: true })).passages;
    expect([await found(), await found()]).toEqual([["found 1"], ["found 1"]]);
  });

  test("needs a run that can be told again", async () => {
    const run = forward(dice, { sides: 6 }, { clients: {}, effects: memoryEffects() });
    await expect(run).rejects.toThrow(UsageError);
    await expect(forward(dice, { sides: 6 }, { clients: {}, effects: memoryEffects() })).rejects.toThrow("runId");
  });

  test("is kept in a folder, which another process may not write to meanwhile", async () => {
    const folder = storeFolder();
    draws = 0;
    const first = await effectJournal(folder);
    const { sum } = await forward(dice, { sides: 6 }, { clients: {}, effects: first, runId: "a" });
    await first.close();
    const second = await effectJournal(folder);
    expect((await forward(dice, { sides: 6 }, { clients: {}, effects: second, runId: "a" })).sum).toBe(sum);
    await second.close();
  });
});
