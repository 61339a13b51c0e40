import { execFile } from "node:child_process";
import { promisify } from "node:util";
import pino from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { client, clientName } from "../src/actors/client/client.ts";
import { programActor } from "../src/actors/program/program-actor.ts";
import { UsageError } from "../src/foundation/errors.ts";
import type { LmSpec } from "../src/lm/language-model.ts";
import { openai } from "../src/lm/openai/openai.ts";
import { program } from "../src/programs/composed-program.ts";
import { predict } from "../src/programs/predict/predict.ts";
import type { Program } from "../src/programs/program.ts";
import { behaviour } from "../src/runtime/behaviour.ts";
import { signature } from "../src/signatures/signature.ts";
import { type ChildSpec, worker } from "../src/supervisors/child-spec.ts";
import { startSystem, type System, type SystemOptions } from "../src/system.ts";
import { scripted } from "../src/testing/scripted.ts";
import { testClock } from "../src/testing/test-clock.ts";
import { until } from "../src/testing/until.ts";
import { AT_REST, living, underWay } from "./actors/living-tree.ts";
import { playOut, tally, watch } from "./actors/outcomes.ts";
import { failOnUnhandled } from "./runtime/fail-on-unhandled.ts";

const qa = predict(signature("question -> answer"), { name: "qa" });
const ann = scripted(() => ({ answer: "Ann" }));
const main = client({ name: "main", lm: ann });

const systems: System[] = [];
afterEach(async () => {
  for (const system of systems.splice(0)) await system.stop();
});

async function start(children: SystemOptions["children"], options: Partial<SystemOptions> = {}): Promise<System> {
  const system = await startSystem({ children, logger: false, ...options });
  systems.push(system);
  return system;
}

/** A worker that notes when it starts and stops. */
function noting(id: string, log: string[], reason?: Error): ChildSpec {
  const noted = behaviour<undefined, undefined>({
    name: "noting",
    trapExits: true,
    init() {
      if (reason !== undefined) throw reason;
      log.push(`+${id}`);
      return { state: undefined };
    },
    terminate: () => void log.push(`-${id}`),
  });
  return worker({ id, behaviour: noted, args: undefined });
}

describe("children", () => {
  test("go under their groups, and everything else after those, in the order given", async () => {
    const log: string[] = [];
    const program = programActor({ name: "qa", program: qa.with({ client: "main" }) });
    const children = [noting("a", log), program, main, noting("b", log), client({ name: "other", lm: ann })];
    const system = await start(children);
    expect(living(system.runtime, system.root).map(({ path, type }) => `${path}: ${type}`)).toEqual([
      "root: supervisor",
      "root/cache: cache",
      "root/clients: supervisor",
      "root/clients/main: client",
      "root/clients/other: client",
      "root/programs: supervisor",
      "root/programs/qa: supervisor",
      "root/programs/qa/runs: dynamic_supervisor",
      "root/programs/qa/server: program_server",
      "root/runs: dynamic_supervisor",
      "root/evaluations: dynamic_supervisor",
      "root/teleprompters: supervisor",
      "root/a: noting",
      "root/b: noting",
    ]);
    await system.stop();
    expect(log).toEqual(["+a", "+b", "-b", "-a"]);
  });

  test.each<[string, unknown, string]>([
    ["no list", undefined, "startSystem: children must be a list, got undefined"],
    [
      "no child spec",
      ["main"],
      'startSystem: a child must be a child spec such as client(…) or programActor(…), got "main"',
    ],
    [
      "a program that is not wrapped",
      [{ ...qa }],
      "startSystem: a child must be a child spec such as client(…) or programActor(…), got {",
    ],
    ["two clients of one name", [main, client({ name: "main", lm: ann })], 'two children are called "main"'],
    [
      "two programs of one name",
      [programActor({ name: "qa", program: qa }), programActor({ name: "qa", program: qa })],
      'two children are called "qa"',
    ],
    ["a name of a group", [noting("runs", [])], 'the child id "runs" is taken by the system\'s own group'],
  ])("%s is misuse", async (_what, children, message) => {
    // Users without types write these.
    const wrong = children as SystemOptions["children"];
    const starting = startSystem({ children: wrong, logger: false });
    await expect(starting).rejects.toThrow(UsageError);
    await expect(starting).rejects.toThrow(message);
  });

  test("a client and a program may share a name", async () => {
    const system = await start([client({ name: "qa", lm: ann }), programActor({ name: "qa", program: qa })]);
    expect(await system.forward(qa, { question: "Who?" })).toEqual({ answer: "Ann" });
  });

  test("a missing key fails the start with one line that names the variable", async () => {
    const children = [client({ name: "gpt", lm: openai("gpt-5", { env: {} }) })];
    const starting = startSystem({ children, logger: false });
    await expect(starting).rejects.toThrow(UsageError);
    await expect(starting).rejects.toThrow(/^[^\n]*OPENAI_API_KEY[^\n]*$/);
  });

  test("another failure is a StartError with its cause, and those that were up are stopped", async () => {
    const log: string[] = [];
    const cause = new RangeError("the disk is full\nand more");
    const starting = startSystem({ logger: false, children: [noting("a", log), noting("b", log, cause)] });
    await expect(starting).rejects.toMatchObject({
      name: "StartError",
      code: "start_failed",
      message: 'the system could not start: child "b" failed to start: RangeError: the disk is full',
      cause,
    });
    expect(log).toEqual(["+a", "-a"]);
  });
});

describe("forward", () => {
  test("gives the prediction, and what is about the call", async () => {
    const system = await start([main]);
    const result = await system.forward(qa, { question: "Who?" });
    expect(result).toEqual({ answer: "Ann" });
    expect(result.$meta).toMatchObject({ client: "main", model: "scripted", attempts: 1, repairs: 0 });
    await until(() => underWay(system.tree()).runs === 0);
    expect(underWay(system.tree())).toEqual(AT_REST);
  });

  test("with trace, the prediction tells every predictor's call by its path", async () => {
    const system = await start([main]);
    const thinking = program({
      name: "thinking",
      parts: { first: qa, second: qa },
      async forward({ first, second }, inputs: { question: string }) {
        const { answer } = await first(inputs);
        return second({ question: answer });
      },
    });
    const { $meta } = await system.forward(thinking, { question: "who?" }, { trace: true });
    expect($meta.trace?.map(({ kind, path, inputs }) => ({ kind, path, inputs }))).toEqual([
      { kind: "predict", path: "first", inputs: { question: "who?" } },
      { kind: "predict", path: "second", inputs: { question: "Ann" } },
    ]);
    expect((await system.forward(thinking, { question: "who?" })).$meta.trace).toBeUndefined();
  });

  test("tryForward gives it as a value", async () => {
    const system = await start([main]);
    expect(await system.tryForward(qa, { question: "Who?" })).toMatchObject({ ok: true, value: { answer: "Ann" } });
  });

  test("inputs that do not fit are misuse: a UsageError from forward, a value from tryForward", async () => {
    const system = await start([main]);
    // @ts-expect-error the field is called question
    const wrong: { question: string } = { qestion: "Who?" };
    await expect(system.forward(qa, wrong)).rejects.toThrow(UsageError);
    const outcome = await system.tryForward(qa, wrong);
    expect(outcome).toMatchObject({ ok: false, error: { name: "RunError", code: "misuse", retryable: false } });
    expect(!outcome.ok && outcome.error.cause).toBeInstanceOf(UsageError);
  });

  test("what is no program is said", async () => {
    const system = await start([main]);
    // Users without types write this.
    const none = undefined as unknown as typeof qa;
    await expect(system.forward(none, { question: "Who?" })).rejects.toThrow(
      new UsageError("system.forward: expected a program, got undefined"),
    );
  });

  test.each([
    ["there is no client", [], qa, "there is no LM client", []],
    [
      "the name is none of theirs",
      ["a", "b"],
      qa.with({ client: "c" }),
      'there is no client "c"; there are: a, b',
      ["a", "b"],
    ],
    [
      "none is named and there are several",
      ["a", "b"],
      qa,
      "the program names no client and there are several: a, b; name one",
      ["a", "b"],
    ],
  ])("when %s, it says which there are", async (_what, names, program, message, clients) => {
    const system = await start(names.map((name) => client({ name, lm: ann })));
    await expect(system.forward(program, { question: "Who?" })).rejects.toMatchObject({
      name: "LmError",
      code: "no_such_client",
      message,
      details: { clients },
    });
  });

  test("each program asks the client that it names", async () => {
    const bob = scripted(() => ({ answer: "Bob" }));
    const system = await start([client({ name: "a", lm: ann }), client({ name: "b", lm: bob })]);
    const [a, b] = await Promise.all(
      ["a", "b"].map((name) => system.forward(qa.with({ client: name }), { question: "Who?" })),
    );
    expect([a?.answer, a?.$meta.client, b?.answer, b?.$meta.client]).toEqual(["Ann", "a", "Bob", "b"]);
  });

  test("after timeoutMs it is over, and its request is ended", async () => {
    const clock = testClock();
    const lm = scripted(() => ({ answer: "Ann" }), { latencyMs: 1_000, clock });
    const system = await start([client({ name: "main", lm })], { clock });
    const call = watch("call", system.forward(qa, { question: "Who?" }, { timeoutMs: 300 }));
    await clock.advance(299);
    expect([call.settled, lm.inFlight]).toEqual([false, 1]);
    await clock.advance(1);
    expect(call.value).toMatchObject({
      code: "timeout",
      message: "no outcome within 300 ms",
      details: { phase: "total" },
    });
    expect(lm.inFlight).toBe(0);
    expect(clock.pending).toBe(0);
  });

  test("without any time it does not begin", async () => {
    const system = await start([main]);
    let ran = 0;
    const counted: typeof qa = { ...qa, forward: (...args) => ((ran += 1), qa.forward(...args)) };
    await expect(system.forward(counted, { question: "Who?" }, { timeoutMs: 0 })).rejects.toMatchObject({
      code: "timeout",
    });
    expect(ran).toBe(0);
  });

  test.each(["before", "during the request", "during the backoff"])("an abort %s cancels it", async (when) => {
    const clock = testClock();
    const lm = scripted(() => new TypeError("bug"), { latencyMs: 1_000, clock });
    const system = await start([client({ name: "main", lm })], { clock, random: { next: () => 0.9 } });
    const abort = new AbortController();
    if (when === "before") abort.abort();
    const call = watch("call", system.tryForward(qa, { question: "Who?" }, { signal: abort.signal }));
    await clock.advance(when === "during the backoff" ? 1_001 : 500);
    expect(lm.inFlight).toBe(when === "during the request" ? 1 : 0);
    abort.abort(new Error("changed my mind"));
    await clock.settle();
    expect(call.code).toBe("cancelled");
    expect([lm.requests.length, lm.inFlight]).toEqual([when === "before" ? 0 : 1, 0]);
    expect(underWay(system.tree())).toEqual(AT_REST);
    expect(clock.pending).toBe(0);
  });

  test("the program's code hears of its end", async () => {
    const clock = testClock();
    let heard: AbortSignal | undefined;
    const patient: Program<object, { answer: string }> = {
      ...qa,
      name: "patient",
      predictors: () => ({}),
      withPredictors: () => patient,
      forward: (_inputs, { signal }) => ((heard = signal), new Promise(() => {})),
    };
    const system = await start([main], { clock });
    const abort = new AbortController();
    const call = system.tryForward(patient, {}, { signal: abort.signal });
    await clock.settle();
    expect(heard?.aborted).toBe(false);
    abort.abort();
    await call;
    await clock.settle();
    expect(heard?.aborted).toBe(true);
  });
});

describe("stop", () => {
  test("a client that is killed while it opens leaves no model open", async () => {
    const closed: number[] = [];
    let openings = 0;
    let letOpen: (() => void) | undefined;
    const lm: LmSpec = {
      ...scripted([]),
      async open() {
        openings += 1;
        const number = openings;
        if (number === 2) await new Promise<void>((resolve) => (letOpen = resolve));
        return { ...(await scripted([]).open()), close: async () => void closed.push(number) };
      },
    };
    const system = await startSystem({ children: [client({ name: "main", lm })], logger: false });
    for (const opening of [2, 3]) {
      system.runtime.exitSignal(clientName("main"), "kill");
      await until(() => openings === opening);
    }
    letOpen?.();
    await until(() => closed.includes(2));
    await system.stop();
    expect(new Set(closed)).toEqual(new Set([1, 2, 3]));
  });

  test.each(["heeds its signal", "is deaf"])(
    "does not wait for a client that opens its model again and %s",
    async (how) => {
      let openings = 0;
      let late: (() => void) | undefined;
      const log: string[] = [];
      const lm: LmSpec = {
        ...scripted([]),
        async open({ signal } = {}) {
          openings += 1;
          if (openings === 1) return scripted([]).open();
          await new Promise<void>((resolve, reject) => {
            late = resolve;
            if (how === "heeds its signal") signal?.addEventListener("abort", () => reject(new Error("told to stop")));
          });
          return { ...(await scripted([]).open()), close: async () => void log.push("closed") };
        },
      };
      const said: string[] = [];
      const logger = pino({ level: "warn" }, { write: (line: string) => void said.push(line) });
      const system = await startSystem({ children: [client({ name: "main", lm })], logger });
      system.runtime.exitSignal(clientName("main"), "kill");
      await until(() => openings === 2);
      await system.stop();
      late?.();
      await until(() => how === "heeds its signal" || log.length > 0);
      expect(log).toEqual(how === "is deaf" ? ["closed"] : []);
      // The kill was told of, and no supervisor gave up over it.
      expect(said.join("")).toContain("killed");
      expect(said.join("")).not.toContain("gave up");
    },
  );

  test("runs in flight end as cancelled, later calls as program_down, and a second stop changes nothing", async () => {
    const clock = testClock();
    const lm = scripted(() => ({ answer: "Ann" }), { latencyMs: 1_000, clock });
    const spec = programActor({ name: "qa", program: qa, maxConcurrency: 2 });
    const system = await start([client({ name: "main", lm }), spec], { clock });
    const handle = system.handle(spec);
    const calls = Array.from({ length: 10 }, (_, n) =>
      watch(`${n}`, n % 2 ? handle.tryCall({ question: "Who?" }) : system.tryForward(qa, { question: "Who?" })),
    );
    await clock.advance(500);
    await Promise.all([system.stop(), system.stop()]);
    await system.stop();
    await clock.settle();
    expect(tally(calls)).toEqual({ cancelled: 10 });
    expect(await system.exited).toBe("shutdown");
    expect(system.runtime.activity()).toEqual({ live: 0, scheduled: 0, busy: 0 });
    expect([lm.inFlight, clock.pending]).toEqual([0, 0]);
    const later = [
      watch("run", system.forward(qa, { question: "Who?" })),
      watch("call", handle.call({ question: "Who?" })),
    ];
    expect(await playOut(clock, later)).toEqual([]);
    expect(tally(later)).toEqual({ program_down: 2 });
    expect(system.tree()).toMatchObject({ id: "root", children: [] });
  });

  test("waits for what its children still have to do", async () => {
    const clock = testClock();
    const slow = behaviour<undefined, undefined>({
      name: "slow",
      trapExits: true,
      init: () => ({ state: undefined }),
      terminate: (_state, _reason, self) => self.sleep(3_000),
    });
    const system = await start([worker({ id: "slow", behaviour: slow, args: undefined })], { clock });
    const stopping = watch("stop", system.stop());
    await clock.advance(2_999);
    expect(stopping.settled).toBe(false);
    await clock.advance(1);
    await until(() => stopping.settled);
  });

  test("the process then ends by itself", async () => {
    // Real time and the default logger, as a user's script has them.
    const script = `
      import { client, predict, programActor, signature, startSystem } from "dspex";
      import { scripted } from "dspex/testing";
      const qa = predict(signature("question -> answer"));
      const spec = programActor({ name: "qa", program: qa });
      const lm = scripted(() => ({ answer: "Ann" }));
      const system = await startSystem({ children: [client({ name: "main", lm }), spec] });
      const { answer } = await system.forward(qa, { question: "Who?" }, { timeoutMs: 3_600_000 });
      const again = await system.handle(spec).call({ question: "Who?" }, { timeoutMs: 3_600_000 });
      await system.stop();
      process.stdout.write(answer + again.answer + " " + process.getActiveResourcesInfo().filter((it) => it === "Timeout"));
    `;
    const flags = ["--conditions=dspex-dev", "--input-type=module", "--eval", script];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, flags, { timeout: 45_000 });
    expect({ stdout, stderr }).toEqual({ stdout: "AnnAnn ", stderr: "" });
  });
});

describe("on a signal, what is to be called before", () => {
  const warnings: string[] = [];
  const onWarning = ({ message }: Error): void => void warnings.push(message);
  failOnUnhandled();
  beforeEach(() => void process.on("warning", onWarning));
  afterEach(() => {
    process.off("warning", onWarning);
    warnings.length = 0;
  });

  test.each<[string, () => unknown]>([
    [
      "throws",
      () => {
        throw new Error("no server");
      },
    ],
    ["rejects", () => Promise.reject(new Error("no server"))],
  ])("%s: a warning, and the system stops", async (_what, before) => {
    const system = await start([main]);
    system.onSignals(["SIGUSR2"], { before });
    process.emit("SIGUSR2");
    expect(await system.exited).toBe("shutdown");
    await until(() => warnings.length > 0);
    expect(warnings).toEqual(["no server"]);
  });

  test("never ends: it is begun first, once, and not waited for", async () => {
    const system = await start([main]);
    let begun = 0;
    const before = (): Promise<void> => {
      begun += 1;
      return new Promise(() => {});
    };
    system.onSignals(["SIGUSR2"], { before });
    process.emit("SIGUSR2");
    process.emit("SIGUSR2");
    expect(begun).toBe(1);
    expect(await system.exited).toBe("shutdown");
  });
});

test("two systems in one process know nothing of each other", async () => {
  const bob = scripted(() => ({ answer: "Bob" }));
  const [one, two] = await Promise.all([
    start([main], { name: "one" }),
    start([client({ name: "main", lm: bob })], { name: "two" }),
  ]);
  expect(await one.forward(qa, { question: "Who?" })).toEqual({ answer: "Ann" });
  await one.stop();
  expect(await two.forward(qa, { question: "Who?" })).toEqual({ answer: "Bob" });
});
