import { channel } from "node:diagnostics_channel";
import { type Logger, pino } from "pino";
import { afterEach, describe, expect, test } from "vitest";
import { client, clientName } from "../src/actors/client/client.ts";
import { programActor } from "../src/actors/program/program-actor.ts";
import { runEnded } from "../src/actors/run/run-events.ts";
import { UsageError } from "../src/foundation/errors.ts";
import { isEventKind } from "../src/foundation/telemetry.ts";
import * as dspex from "../src/index.ts";
import { openai } from "../src/lm/openai/openai.ts";
import { LmError } from "../src/lm/failure.ts";
import { backoff } from "../src/lm/retry/retry-policy.ts";
import { predict } from "../src/programs/predict/predict.ts";
import { program } from "../src/programs/composed-program.ts";
import { signature } from "../src/signatures/signature.ts";
import { startSystem, type System, type SystemOptions } from "../src/system.ts";
import { openaiServer } from "../src/testing/openai-server.ts";
import { scripted, type ScriptedModel } from "../src/testing/scripted.ts";
import { testClock } from "../src/testing/test-clock.ts";
import { until } from "../src/testing/until.ts";
import { living } from "./actors/living-tree.ts";
import { playOut, watch } from "./actors/outcomes.ts";

const qa = predict(signature("question -> answer"), { name: "qa" });

const systems: System[] = [];
afterEach(async () => {
  for (const system of systems.splice(0)) await system.stop();
});

type Level = "debug" | "info" | "warn" | "error";

interface Line {
  readonly level: number;
  readonly msg: string;
  readonly event: string;
  readonly [fact: string]: unknown;
}

/** A pino logger whose lines stay in memory. */
function memory(level: Level) {
  const written: string[] = [];
  const logger: Logger = pino({ level }, { write: (line: string) => void written.push(line) });
  const lines = (): Line[] => written.map((line) => JSON.parse(line) as Line);
  const names = { 20: "debug", 30: "info", 40: "warn", 50: "error" } as Record<number, string>;
  return {
    logger,
    lines,
    text: () => written.join(""),
    /** What was said at which level, with the facts that a test is about. */
    said: (...facts: string[]) =>
      lines().map((line) =>
        [names[line.level], line.event, ...facts.map((fact) => line[fact])].filter((it) => it !== undefined).join(" "),
      ),
  };
}

async function start(lm: ScriptedModel, options: Partial<SystemOptions>): Promise<System> {
  const children = [client({ name: "main", lm })];
  const system = await startSystem({ children, random: { next: () => 0.5 }, ...options });
  systems.push(system);
  return system;
}

describe("what is told, and how loudly", () => {
  test("a start that fails is the starter's to tell; once the system is up, a failed restart is an error", async () => {
    const log = memory("warn");
    const keyless = client({ name: "main", lm: openai("gpt-5-mini", { env: {} }) });
    await expect(startSystem({ children: [keyless], logger: log.logger })).rejects.toThrow(UsageError);
    expect(log.lines()).toEqual([]);

    const clock = testClock();
    let opened = 0;
    const once = scripted(() => ({ answer: "Ann" }));
    const lm = {
      ...once,
      open() {
        opened += 1;
        return opened === 1 ? once.open() : Promise.reject(new UsageError("the weights are gone"));
      },
    };
    const system = await startSystem({ children: [client({ name: "main", lm })], logger: log.logger, clock });
    systems.push(system);
    const ref = system.runtime.whereis(clientName("main").name);
    if (ref === undefined) throw new Error("the client is not up");
    system.runtime.exitSignal(ref, "kill");
    await clock.settle();
    expect(log.said("child")).toContain("error supervisor:child_start_failed main");
  });

  test("of two systems of one name, each is told to its own logger", async () => {
    const clock = testClock();
    const failing = () => scripted([new LmError("slow down", { code: "rate_limited" })], { clock });
    const logs = [memory("info"), memory("info")] as const;
    const [first, second] = await Promise.all(
      logs.map(({ logger }) => start(failing(), { clock, logger, retry: backoff({ maxAttempts: 1 }) })),
    );
    const events: string[] = [];
    const stop = runEnded.subscribe(({ system, systemId }) => void events.push(system, systemId));
    await playOut(clock, [watch("call", first!.forward(qa, { question: "Who?" }))]);
    await clock.settle();
    stop();
    expect(logs.map((log) => log.said())).toEqual([["info request:ended", "warn run:decided", "info run:ended"], []]);
    expect(events).toEqual(["dspex", first!.id]);
    expect(first!.id).not.toBe(second!.id);
  });

  test("a retry and a give-up are warnings with the run, the attempt, the reason and the wait", async () => {
    const clock = testClock();
    const log = memory("info");
    const failing = new LmError("slow down", { code: "rate_limited", status: 429 });
    const lm = scripted([failing, failing], { latencyMs: 10, clock });
    const system = await start(lm, { clock, logger: log.logger, retry: backoff({ maxAttempts: 2 }) });
    const labels = { tenant: "acme" };
    await playOut(clock, [watch("call", system.forward(qa, { question: "Who?" }, { labels }))]);
    await clock.settle();
    const common = {
      run: "run-1",
      labels,
      path: "self",
      program: "qa",
      client: "main",
      code: "rate_limited",
      status: 429,
      ms: 10,
    };
    const lines = log.lines().filter(({ event }) => event !== "request:ended");
    expect(lines).toMatchObject([
      { level: 40, event: "run:decided", decision: "retry", ...common, attempt: 1, why: "backoff", waitMs: 125 },
      { level: 40, event: "run:decided", decision: "give_up", ...common, attempt: 2, why: "attempts_used" },
      {
        level: 30,
        event: "run:ended",
        run: "run-1",
        labels,
        program: "qa",
        code: "rate_limited",
        ms: 145,
        system: "dspex",
      },
    ]);
  });

  test("a run of a program actor is named by that as well as by its program; others by their program alone", async () => {
    const clock = testClock();
    const log = memory("info");
    const failing = new LmError("slow down", { code: "rate_limited" });
    const lm = scripted([failing, { answer: "Ann" }, { answer: "Ann" }], { clock });
    const desk = programActor({ name: "desk", program: qa });
    const children = [client({ name: "main", lm }), desk];
    const system = await startSystem({ children, logger: log.logger, clock });
    systems.push(system);
    await playOut(clock, [watch("call", system.handle(desk).tryCall({ question: "Who?" }))]);
    await playOut(clock, [watch("call", system.forward(qa, { question: "Who?" }))]);
    await clock.settle();
    const runs = log.lines().filter(({ event }) => event.startsWith("run:"));
    expect(runs.map(({ event, program: name, programActor: host }) => [event, name, host])).toEqual([
      ["run:decided", "qa", "desk"],
      ["run:ended", "qa", "desk"],
      ["run:ended", "qa", undefined],
    ]);
    expect(runs.slice(1).map(({ msg }) => msg)).toEqual([
      expect.stringMatching(/^run-1 of desk \(qa\) is done, /),
      expect.stringMatching(/^run-2 of qa is done, /),
    ]);
  });

  test("a run that crashes is an error with its cause; at warn nothing else is said about it", async () => {
    const log = memory("warn");
    const broken = program({
      name: "broken",
      parts: {},
      forward(): { answer: string } {
        throw new RangeError("off by one");
      },
    });
    const system = await start(scripted([]), { logger: log.logger });
    const about = { runId: "r-7", labels: { tenant: "acme" } };
    await expect(system.forward(broken, {}, about)).rejects.toMatchObject({ code: "run_crashed" });
    await until(() => log.lines().length >= 2);
    const actor = log.lines()[0]?.["actor"];
    expect(log.lines()).toMatchObject([
      { level: 50, event: "run:ended", run: "r-7", labels: about.labels, program: "broken", code: "run_crashed" },
      {
        level: 50,
        event: "supervisor:child_exited",
        child: "broken",
        // Whose error it is, the line before says.
        actor,
        reason: "RangeError: off by one",
        error: { type: "RangeError", message: "off by one", stack: expect.stringContaining("logging.test") as string },
        decision: "done",
      },
    ]);
  });

  test("a client that is killed is an error, its restart is news", async () => {
    const clock = testClock();
    const log = memory("info");
    const system = await start(scripted([]), { clock, logger: log.logger });
    system.runtime.exitSignal(clientName("main"), "kill");
    await clock.settle();
    expect(log.said("child", "reason", "incarnation")).toEqual([
      "error supervisor:child_exited main killed",
      "info supervisor:child_started main 2",
    ]);
  });

  test("a supervisor that gives up is an error", async () => {
    const log = memory("error");
    const system = await start(scripted([]), { clock: testClock(), logger: log.logger });
    for (let kills = 0; kills < 4; kills += 1) {
      await until(() => system.runtime.whereis("client/main"));
      system.runtime.exitSignal(clientName("main"), "kill");
    }
    await until(() => log.said().includes("error supervisor:gave_up"));
    expect(log.lines().find(({ event }) => event === "supervisor:gave_up")).toMatchObject({
      supervisor: "clients",
      child: "main",
      intensity: 3,
      period: 5,
    });
  });

  test.each(["answered", "cancelled", "timed out", "stopped"])(
    "a run that is %s is nothing to warn of",
    async (end) => {
      const clock = testClock();
      const log = memory("warn");
      // Waits for its backoff when it ends, where it does not answer.
      const lm = scripted(() => (end === "answered" ? { answer: "Ann" } : new TypeError("bug")), {
        latencyMs: 10,
        clock,
      });
      const quiet = predict(signature("question -> answer"), { name: "quiet" });
      const system = await start(lm, { clock, logger: log.logger, retry: backoff({ baseMs: 10_000 }) });
      const abort = new AbortController();
      const call = watch("call", system.forward(quiet, { question: "?" }, { signal: abort.signal, timeoutMs: 1_000 }));
      await clock.advance(100);
      if (end === "cancelled") abort.abort();
      if (end === "timed out") await clock.advance(1_000);
      if (end === "stopped") await system.stop();
      await clock.settle();
      expect(call.settled).toBe(true);
      expect(log.said("decision").filter((said) => said !== "warn run:decided retry")).toEqual([]);
    },
  );

  test("at debug every start and end, of every actor", async () => {
    const clock = testClock();
    const log = memory("debug");
    const system = await start(scripted([{ answer: "Ann" }]), { clock, logger: log.logger });
    const up = ["cache", "clients", "main", "programs", "runs", "evaluations", "teleprompters", "root"];
    expect(log.said("label").filter((said) => said.includes("actor:started"))).toEqual([
      "debug actor:started cache",
      "debug actor:started main",
      "debug actor:started clients",
      "debug actor:started programs",
      "debug actor:started runs",
      "debug actor:started evaluations",
      "debug actor:started teleprompters",
      "debug actor:started root",
    ]);
    await system.forward(qa, { question: "Who?" });
    await clock.settle();
    expect(living(system.runtime, system.root).length).toBe(up.length);
    expect(log.said("label", "reason").slice(-9)).toEqual(
      expect.arrayContaining([
        "debug run:started",
        "debug actor:started request",
        "debug request:started",
        "info request:ended",
        "debug actor:exited request normal",
        "info run:ended",
        "debug actor:exited qa normal",
      ]),
    );
    await system.stop();
    expect(log.said("label", "reason").at(-1)).toBe("debug actor:exited root shutdown");
  });
});

describe("what a line says", () => {
  test("at info: each request and each run in words, with figures that people read", async () => {
    const clock = testClock();
    const log = memory("info");
    const replies = [new LmError("slow down", { code: "rate_limited", status: 429 }), { answer: "Ann" }];
    const lm = scripted(replies, { latencyMs: 1_234.567, clock, model: "gpt-5-mini" });
    const system = await start(lm, { clock, logger: log.logger });
    await playOut(clock, [watch("call", system.forward(qa, { question: "Who?" }))]);
    await clock.settle();
    const said = log.lines().map(({ msg }) => msg.replaceAll(/[\d,]+ tokens, \$[\d.]+/g, "N tokens, $D"));
    expect(said.toSorted()).toEqual([
      "run-1 of qa is done, 2.59 s, 2 LM calls, N tokens, $D",
      "run-1: asks main again in 125 ms after rate_limited (attempt 1)",
      "run-1: main (gpt-5-mini) answered in 1.23 s, N tokens, $D",
      "run-1: main (gpt-5-mini) failed after 1.23 s: rate_limited (429)",
    ]);
    expect(log.lines().map(({ ms }) => ms)).toEqual([1235, 1235, 1235, 2594]);
  });

  test("each kind of event has words of its own", async () => {
    const clock = testClock();
    const log = memory("debug");
    const system = await start(scripted([{ answer: "Ann" }, "mumble", { answer: "Ann" }]), {
      clock,
      logger: log.logger,
    });
    await system.forward(qa, { question: "Who?" });
    await system.forward(qa, { question: "Whom?" });
    system.runtime.exitSignal(clientName("main"), "kill");
    await clock.settle();
    await system.stop();
    const lines = log.lines();
    const said = new Map(lines.map(({ event, msg }) => [event, msg]));
    expect(Object.fromEntries(said)).toMatchObject({
      "run:decided": 'run-2: asks main again, as "answer" could not be read',
      "run:started": "run-2 of qa has begun",
      "request:started": "run-2: asks main (scripted)",
      "supervisor:child_started": "main is up again under clients",
      "supervisor:child_exited": "main crashed: killed; clients starts it again",
      "actor:exited": "supervisor root ended: shutdown",
    });
    expect(lines.filter(({ event, msg }) => msg === event || /undefined|\[object|NaN/.test(msg))).toEqual([]);
  });
});

describe("secrets", () => {
  const KEY = "sk-MARKER-key";

  /** Everything that can go wrong, on a real client, with contents that a search finds. */
  async function everything(logContents: boolean): Promise<string> {
    const log = memory("debug");
    const server = await openaiServer({
      replies: [
        "MARKER-mumble",
        "MARKER-mumble",
        { status: 500, body: { error: { message: "cannot do MARKER-prompt" } } },
        { status: 200, body: { choices: [{ message: { content: { odd: "MARKER-answer" } } }] } },
        { status: 400, body: { error: { message: "MARKER-prompt is no good" } } },
        { status: 401, body: { error: { message: `wrong key ${KEY}` } } },
        "[[ ## answer ## ]]\nMARKER-answer\n\n[[ ## completed ## ]]",
        { fault: "cut_in_body", text: "MARKER-answer MARKER-answer" },
        { text: "MARKER-answer", finishReason: "length" },
      ],
    });
    const lm = openai("gpt-4o", { apiKey: KEY, baseURL: server.baseURL });
    const system = await startSystem({
      children: [client({ name: "main", lm })],
      logger: log.logger,
      // Each call is to hear the server's next reply.
      cache: false,
      logContents,
      retry: backoff({ maxAttempts: 2, baseMs: 0 }),
    });
    systems.push(system);
    const marked = qa.with({ instructions: "MARKER-instructions" });
    const outcomes: string[] = [];
    for (let call = 0; call < 6; call += 1) {
      const outcome = await system.tryForward(marked, { question: "MARKER-question" });
      outcomes.push(outcome.ok ? "ok" : outcome.error.code);
    }
    // The whole of what the server had to say was heard.
    expect(server.requests.length).toBe(9);
    expect(outcomes).toContain("ok");
    await system.stop();
    await server.close();
    return log.text();
  }

  test("neither keys nor what was asked and answered are logged, at any level", async () => {
    const text = await everything(false);
    expect(text).toContain("give_up");
    expect(text).not.toMatch(/.{0,200}MARKER.{0,80}/);
  });

  test("with logContents, contents are; keys never", async () => {
    const text = await everything(true);
    expect(text).toContain("MARKER-mumble");
    expect(text).not.toContain(KEY);
  });
});

describe("loggers", () => {
  test("false logs nothing, and nothing is ever printed", async () => {
    const written: unknown[] = [];
    const { stdout, stderr } = process;
    const kept = [stdout.write, stderr.write] as const;
    stdout.write = stderr.write = (...args: unknown[]) => written.push(args) > 0;
    try {
      const clock = testClock();
      const system = await start(scripted([]), { clock, logger: false });
      system.runtime.exitSignal(clientName("main"), "kill");
      await clock.settle();
      await system.tryForward(qa, { question: "Who?" });
      await system.stop();
    } finally {
      [stdout.write, stderr.write] = kept;
    }
    expect(written).toEqual([]);
  });

  test.each([
    ["loud", 'logger: level must be debug, info, warn, error, got "loud"'],
    [{ level: "trace" }, 'logger: level must be debug, info, warn, error, got "trace"'],
    [{ leve: "info" }, 'logger: no option "leve" (is "level" meant?); there are level, pretty'],
    [{ pretty: 1 }, "logger: pretty must be true or false, got 1"],
    [true, "logger must be a level, { level, pretty }, a pino logger or false, got true"],
    [null, "logger must be a level, { level, pretty }, a pino logger or false, got null"],
  ])("%j is no logger", async (logger, message) => {
    await expect(start(scripted([]), { logger: logger as never })).rejects.toThrow(new UsageError(message));
  });

  test("a level takes no logger of one's own: more is listened to as it is louder", async () => {
    const before = heard().length;
    const system = await start(scripted([]), { logger: "error" });
    const atError = heard().length;
    await system.stop();
    const louder = await start(scripted([]), { logger: { level: "info", pretty: false } });
    expect(atError).toBeGreaterThan(before);
    expect(heard().length).toBeGreaterThan(atError);
    await louder.stop();
  });

  test("what is no logger is said", async () => {
    // Users without types write this.
    const logger = console as unknown as Logger;
    await expect(start(scripted([]), { logger })).rejects.toThrow(
      new UsageError("logger must be a level, { level, pretty }, a pino logger or false, got {}"),
    );
  });

  test("each system's events go to its own", async () => {
    const clock = testClock();
    const [a, b] = [memory("debug"), memory("debug")];
    const lm = scripted(() => ({ answer: "Ann" }));
    const one = await start(lm, { clock, name: "one", logger: a.logger });
    const two = await start(lm, { clock, name: "two", logger: b.logger });
    const before = b.lines().length;
    await one.forward(qa, { question: "Who?" });
    await one.stop();
    expect(b.lines().length).toBe(before);
    await two.forward(qa, { question: "Who?" });
    await two.stop();
    expect(new Set(a.lines().map(({ system }) => system))).toEqual(new Set(["one"]));
    expect(new Set(b.lines().map(({ system }) => system))).toEqual(new Set(["two"]));
  });

  // All that users can subscribe to.
  const KINDS = Object.values<unknown>(dspex)
    .filter(isEventKind)
    .map(({ kind }) => kind);
  const heard = (): string[] => KINDS.filter((kind) => channel(`dspex:${kind}`).hasSubscribers);

  test("nothing is left subscribed after stop, after a kill of the root, or after a start that failed", async () => {
    const { logger } = memory("debug");
    const stopped = await start(scripted([]), { logger });
    expect(KINDS).toContain("run:ended");
    expect(heard()).toEqual(KINDS);
    await stopped.stop();
    expect(heard()).toEqual([]);
    const killed = await start(scripted([]), { logger });
    killed.runtime.exitSignal(killed.root, "kill");
    await killed.exited;
    expect(heard()).toEqual([]);
    const lm = { ...scripted([]), open: () => Promise.reject(new RangeError("no")) };
    await expect(start(lm, { logger })).rejects.toThrow("RangeError: no");
    expect(heard()).toEqual([]);
  });

  test("events below the logger's level are not even built", async () => {
    await start(scripted([]), { logger: memory("error").logger });
    expect(heard()).not.toContain("actor:exited");
    expect(heard()).not.toContain("run:started");
    expect(heard()).toContain("supervisor:gave_up");
  });
});

test("with `logging: false` nothing is written, whatever logger there is", async () => {
  const lines: string[] = [];
  const logger = pino({ level: "debug" }, { write: (line: string) => void lines.push(line) });
  for (const logging of [true, false]) {
    lines.length = 0;
    const system = await startSystem({ children: [], logger, logging });
    await system.stop();
    expect(lines.length > 0).toBe(logging);
  }
});
