// A run's options mean the same wherever a run begins: a system's forward, a handle's call, bare.
import { describe, expect, test } from "vitest";
import { client } from "../../src/actors/client/client.ts";
import { programActor } from "../../src/actors/program/program-actor.ts";
import { jsonAdapter } from "../../src/adapters/json-adapter.ts";
import { LmError } from "../../src/lm/failure.ts";
import { backoff } from "../../src/lm/retry/retry-policy.ts";
import { forward } from "../../src/programs/bare/forward.ts";
import type { CallContext } from "../../src/programs/call-context.ts";
import { program } from "../../src/programs/composed-program.ts";
import { memoryEffects } from "../../src/programs/effects/effect-store.ts";
import type { Outcome } from "../../src/programs/outcome.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import type { RunOptions } from "../../src/programs/run-terms.ts";
import { signature } from "../../src/signatures/signature.ts";
import { startSystem, type System } from "../../src/system.ts";
import { scripted } from "../../src/testing/scripted.ts";
import { until } from "../../src/testing/until.ts";
import { testClock } from "../../src/testing/test-clock.ts";

const qa = predict(signature("question -> answer"), { client: "student" });
const ask = { question: "Who?" };
const actor = programActor({ name: "qa", program: qa, retry: backoff({ maxAttempts: 1 }) });

function world() {
  const student = scripted(() => ({ answer: "student" }));
  const teacher = scripted(() => ({ answer: "teacher" }));
  const broken = scripted(() => {
    throw new LmError("down", { code: "server", status: 500 });
  });
  const models = { student, teacher, broken };
  const children = Object.entries(models).map(([name, lm]) => client({ name, lm }));
  return { models, start: () => startSystem({ children: [...children, actor], logger: false }) };
}

type Door = (options: RunOptions) => Promise<Outcome>;

const DOORS: Readonly<Record<string, (system: System, models: ReturnType<typeof world>["models"]) => Door>> = {
  "system.forward": (system) => (options) => system.tryForward(qa, ask, options),
  "handle.call": (system) => (options) => system.handle(actor).tryCall(ask, options),
  bare: (_system, clients) => (options) =>
    forward(qa, ask, { ...options, clients }).then(
      (value): Outcome => ({ ok: true, value }),
      (error: LmError): Outcome => ({ ok: false, error }),
    ),
};

describe.each(Object.keys(DOORS))("%s", (name) => {
  async function through(options: RunOptions) {
    const { models, start } = world();
    const system = await start();
    const outcome = await DOORS[name]!(system, models)(options);
    await system.stop();
    return { outcome, models };
  }

  test("takes a run id and labels, which $meta and errors tell", async () => {
    const { outcome } = await through({ runId: "mine", labels: { tenant: "acme" } });
    expect(outcome.ok && outcome.value.$meta).toMatchObject({ run: "mine", path: "self" });
    const { outcome: failed } = await through({ runId: "mine", client: "broken", retry: backoff({ maxAttempts: 1 }) });
    expect(failed).toMatchObject({ ok: false, error: { code: "server", details: { run: "mine", path: "self" } } });
  });

  test("takes another client, another adapter and other sampling for all its predictors", async () => {
    const over = { client: "teacher", adapter: jsonAdapter(), config: { temperature: 0.9, rolloutId: 2 } };
    const { outcome, models } = await through(over);
    expect(outcome.ok && { ...outcome.value }).toEqual({ answer: "teacher" });
    expect(outcome.ok && outcome.value.$meta).toMatchObject({ client: "teacher", adapter: "json" });
    expect(models.teacher.requests[0]).toMatchObject({ temperature: 0.9, rolloutId: 2 });
    expect(models.student.requests).toEqual([]);
  });

  test("takes a trace and a retry policy", async () => {
    const retry = backoff({ maxAttempts: 3, baseMs: 0 });
    const { outcome, models } = await through({ client: "broken", retry });
    expect(outcome).toMatchObject({ ok: false, error: { details: { attempts: 3 } } });
    expect(models.broken.requests).toHaveLength(3);
    const { outcome: good } = await through({ trace: true });
    expect(good.ok && good.value.$meta.trace).toMatchObject([{ kind: "predict", exchanges: [{ client: "student" }] }]);
  });

  test("takes an effect store", async () => {
    const effects = memoryEffects();
    await through({ effects, runId: "a" });
    const { outcome, models } = await through({ effects, runId: "a" });
    expect(outcome.ok && { ...outcome.value }).toEqual({ answer: "student" });
    expect(models.student.requests).toEqual([]);
  });
});

test("bare, a run ends at its deadline too", async () => {
  const clock = testClock();
  const lm = scripted(() => ({ answer: "late" }), { latencyMs: 1_000, clock });
  const run = forward(qa.with({ client: "lm" }), ask, { clients: { lm }, timeoutMs: 100, clock });
  const failed = run.catch((error: unknown) => error);
  await clock.advance(100);
  expect(await failed).toMatchObject({ code: "timeout", details: { phase: "total" } });
});

describe("a run within a run", () => {
  function nested(system: () => System, options: RunOptions = {}) {
    return program({
      name: "Outer",
      parts: {},
      version: 1,
      async forward(_parts, { question }: { question: string }, context: CallContext) {
        const { answer, $meta } = await system().forward(qa, { question }, { ...options, parent: context });
        return { answer, inner: $meta.run };
      },
    });
  }

  test("is its part: found by its id, with its labels", async () => {
    const { start } = world();
    const system = await start();
    const made = await system.forward(
      nested(() => system),
      ask,
      { runId: "outer", labels: { tenant: "acme" } },
    );
    expect(made.inner).toMatch(/^run-\d+$/);
    const [record] = system.inspectHistory("student");
    expect(record).toMatchObject({ run: made.inner, labels: { tenant: "acme" }, path: "self", attempt: 1 });
    await system.stop();
  });

  test("ends with it", async () => {
    const clock = testClock();
    const slow = scripted(() => ({ answer: "late" }), { latencyMs: 1_000, clock });
    const system = await startSystem({ children: [client({ name: "student", lm: slow })], logger: false, clock });
    const stop = new AbortController();
    const outer = system.tryForward(
      nested(() => system, { timeoutMs: Infinity }),
      ask,
      { signal: stop.signal },
    );
    await until(() => slow.inFlight === 1);
    stop.abort();
    expect(await outer).toMatchObject({ ok: false, error: { code: "cancelled" } });
    await until(() => slow.inFlight === 0);
    await system.stop();
  });
});
