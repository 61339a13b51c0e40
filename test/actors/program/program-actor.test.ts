import { afterEach, describe, expect, test } from "vitest";
import { client } from "../../../src/actors/client/client.ts";
import { programActor, type ProgramActorOptions } from "../../../src/actors/program/program-actor.ts";
import { UsageError } from "../../../src/foundation/errors.ts";
import { backoff } from "../../../src/lm/retry/retry-policy.ts";
import { predict } from "../../../src/programs/predict/predict.ts";
import { signature } from "../../../src/signatures/signature.ts";
import { startSystem, type System } from "../../../src/system.ts";
import { scripted, type ScriptedModel } from "../../../src/testing/scripted.ts";
import { testClock } from "../../../src/testing/test-clock.ts";
import { AT_REST, living, underWay } from "../living-tree.ts";
import { playOut, tally, watch, type Watched } from "../outcomes.ts";
import { textOf } from "../../../src/lm/message.ts";

const qa = predict(signature("question -> answer"), { name: "qa" });

const systems: System[] = [];
afterEach(async () => {
  for (const system of systems.splice(0)) await system.stop();
});

interface Hosted extends Partial<ProgramActorOptions<{ question: string }, { answer: string }>> {
  readonly lm?: ScriptedModel;
}

/** A program on a model that takes 100 ms for each answer. */
async function host({ lm, ...options }: Hosted = {}) {
  const clock = testClock();
  const order: string[] = [];
  const answering = scripted(
    ({ messages }) => {
      const question = /q\d+/.exec(textOf(messages.at(-1)?.content ?? ""))?.[0] ?? "";
      order.push(question);
      return { answer: `re ${question}` };
    },
    { latencyMs: 100, clock },
  );
  const spec = programActor({ name: "qa", program: qa, ...options });
  const system = await startSystem({
    clock,
    logger: false,
    children: [client({ name: "main", lm: lm ?? answering }), spec],
  });
  systems.push(system);
  const handle = system.handle(spec);
  let asked = 0;
  const ask = (count: number, callOptions?: Parameters<typeof handle.tryCall>[1]): Watched[] =>
    Array.from({ length: count }, () => {
      const question = `q${(asked += 1)}`;
      return watch(question, handle.tryCall({ question }, callOptions));
    });
  return { system, clock, handle, ask, order, lm: lm ?? answering };
}

describe("what makes no sense is said at once", () => {
  test.each([
    [{ name: "" }, 'programActor: name must be a text that is not empty, got ""'],
    [{ name: "x", program: undefined }, 'programActor "x": program must be a program, got undefined'],
    [{ name: "x", maxConcurrency: 0 }, 'programActor "x": maxConcurrency must be a whole number above 0, got 0'],
    [{ name: "x", maxWaiting: -1 }, 'programActor "x": maxWaiting must be a whole number above 0, got -1'],
  ])("%o", (options, message) => {
    // Users without types write these.
    const wrong = { program: qa, ...options } as Parameters<typeof programActor>[0];
    expect(() => programActor(wrong)).toThrow(new UsageError(message));
  });

  test("a handle of something else", async () => {
    const { system } = await host();
    // As above.
    const other = { name: "qa" } as Parameters<typeof system.handle>[0];
    expect(() => system.handle(other)).toThrow('system.handle: expected what programActor gave, got {"name":"qa"}');
  });
});

describe("the line", () => {
  test("never more runs at once than maxConcurrency, and the others in order of their coming", async () => {
    const { system, clock, ask, order } = await host({ maxConcurrency: 2 });
    const calls = ask(7);
    await clock.settle();
    for (let round = 0; round < 3; round += 1) {
      expect(underWay(system.tree())).toMatchObject({ runs: 2, running: 2, requests: 2, waiting: 5 - 2 * round });
      await clock.advance(100);
    }
    await playOut(clock, calls);
    expect(tally(calls)).toEqual({ ok: 7 });
    expect(order).toEqual(["q1", "q2", "q3", "q4", "q5", "q6", "q7"]);
    expect(underWay(system.tree())).toEqual(AT_REST);
  });

  test("has maxWaiting places; who finds none is told at once", async () => {
    const { clock, ask } = await host({ maxConcurrency: 2, maxWaiting: 3 });
    const calls = ask(8);
    await clock.settle();
    expect(calls.map(({ code }) => code)).toEqual([...Array<string>(5).fill("pending"), "busy", "busy", "busy"]);
    expect(calls[7]?.value).toMatchObject({
      message: 'program "qa" is busy: its waiting line is full',
      retryable: true,
    });
    await playOut(clock, calls);
    expect(tally(calls)).toEqual({ ok: 5, busy: 3 });
  });

  test("skips those who gave up", async () => {
    const { clock, ask, order } = await host({ maxConcurrency: 1 });
    const abort = new AbortController();
    const calls = [...ask(1), ...ask(1, { signal: abort.signal }), ...ask(1, { timeoutMs: 50 }), ...ask(1)];
    await clock.settle();
    abort.abort();
    await playOut(clock, calls);
    expect(calls.map(({ code }) => code)).toEqual(["ok", "cancelled", "timeout", "ok"]);
    expect(order).toEqual(["q1", "q4"]);
  });

  test("is not kept full by those who gave up", async () => {
    const { clock, ask } = await host({ maxConcurrency: 1, maxWaiting: 3 });
    const abort = new AbortController();
    const calls = [...ask(1), ...ask(3, { signal: abort.signal })];
    await clock.settle();
    abort.abort();
    calls.push(...ask(3));
    await playOut(clock, calls);
    expect(calls.map(({ code }) => code)).toEqual(["ok", "cancelled", "cancelled", "cancelled", "ok", "ok", "ok"]);
  });

  test("counts towards a call's time", async () => {
    const { clock, ask, order } = await host({ maxConcurrency: 1 });
    const calls = [...ask(1), ...ask(1, { timeoutMs: 150 })];
    await clock.advance(149);
    // Its turn came at 100 ms, and the answer would be there at 200.
    expect(calls.map(({ code }) => code)).toEqual(["ok", "pending"]);
    await clock.advance(1);
    expect(calls[1]?.code).toBe("timeout");
    expect(order).toEqual(["q1"]);
    await clock.settle();
    expect(clock.pending).toBe(0);
  });
});

describe("one call", () => {
  test("call throws what tryCall gives", async () => {
    const { handle, clock } = await host({
      lm: scripted([{ answer: "Ann" }, new RangeError("bug")]),
      retry: backoff({ maxAttempts: 1 }),
    });
    expect(handle.name).toBe("qa");
    expect(await handle.call({ question: "Who?" })).toEqual({ answer: "Ann" });
    const failing = handle.call({ question: "Who?" });
    await clock.settle();
    await expect(failing).rejects.toMatchObject({ name: "LmError", code: "request_crashed" });
  });

  test("inputs that do not fit are misuse: a UsageError from call, a value from tryCall", async () => {
    const { handle } = await host();
    // @ts-expect-error the field is called question
    const wrong: { question: string } = { qestion: "Who?" };
    await expect(handle.call(wrong)).rejects.toThrow(UsageError);
    const outcome = await handle.tryCall(wrong);
    expect(outcome).toMatchObject({ ok: false, error: { name: "RunError", code: "misuse", retryable: false } });
  });

  test.each(["cancelled before", "cancelled during"])("%s: the model is left alone", async (when) => {
    const { clock, ask, lm, system } = await host();
    const abort = new AbortController();
    if (when === "cancelled before") abort.abort(new Error("changed my mind"));
    const [call] = ask(1, { signal: abort.signal });
    await clock.settle();
    expect(lm.inFlight).toBe(when === "cancelled before" ? 0 : 1);
    abort.abort(new Error("changed my mind"));
    await clock.settle();
    expect(call?.code).toBe("cancelled");
    expect(lm.inFlight).toBe(0);
    expect(underWay(system.tree())).toEqual(AT_REST);
  });

  test("its retry policy goes before the system's", async () => {
    const lm = scripted(() => {
      throw new TypeError("bug");
    });
    const { clock, ask } = await host({ lm, retry: backoff({ maxAttempts: 2 }) });
    await playOut(clock, ask(1));
    expect(lm.requests.length).toBe(2);
  });
});

describe("its processes", () => {
  const paths = (system: System): string[] =>
    living(system.runtime, system.root)
      .filter(({ path }) => path.startsWith("root/programs/qa"))
      .map(({ path, ref }) => `${path} ${ref.id}`);

  test("a server that ends comes back alone; runs that end take the server with them", async () => {
    const { system, clock, ask } = await host();
    const [program, runs, server] = paths(system);
    system.runtime.exitSignal({ name: "program/qa" }, "kill");
    await clock.settle();
    const second = paths(system);
    expect(second).toEqual([program, runs, expect.stringContaining("root/programs/qa/server ")]);
    expect(second[2]).not.toBe(server);
    system.runtime.exitSignal({ name: "program/qa/runs" }, "kill");
    await clock.settle();
    const third = paths(system);
    expect(third[0]).toBe(program);
    expect(third[1]).not.toBe(runs);
    expect(third[2]).not.toBe(second[2]);
    const calls = ask(1);
    await playOut(clock, calls);
    expect(tally(calls)).toEqual({ ok: 1 });
  });

  test("stopping the system cancels its callers, in flight and in line", async () => {
    const { system, clock, ask } = await host({ maxConcurrency: 2 });
    const calls = ask(5);
    await clock.settle();
    await system.stop();
    await clock.settle();
    expect(tally(calls)).toEqual({ cancelled: 5 });
    const later = ask(1);
    await clock.settle();
    expect(later[0]?.value).toMatchObject({
      code: "program_down",
      message: 'program "qa" is not running: the system was stopped',
      retryable: true,
    });
  });

  test("when they restart, its callers may try again", async () => {
    const { system, clock, ask } = await host({ maxConcurrency: 2 });
    const calls = ask(5);
    await clock.settle();
    system.runtime.exitSignal({ name: "program/qa/runs" }, "kill");
    await clock.settle();
    expect(calls.every(({ code }) => code === "program_down" || code === "run_crashed")).toBe(true);
    expect(calls.slice(2).map(({ code }) => code)).toEqual(["program_down", "program_down", "program_down"]);
  });
});
