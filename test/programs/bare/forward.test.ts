import { describe, expect, test } from "vitest";
import { UsageError } from "../../../src/foundation/errors.ts";
import type { LmSpec } from "../../../src/lm/language-model.ts";
import { forward } from "../../../src/programs/bare/forward.ts";
import type { CallContext } from "../../../src/programs/call-context.ts";
import { program } from "../../../src/programs/composed-program.ts";
import { predict } from "../../../src/programs/predict/predict.ts";
import { signature } from "../../../src/signatures/signature.ts";
import { scripted } from "../../../src/testing/scripted.ts";
import { testClock } from "../../../src/testing/test-clock.ts";

const qa = predict(signature("question -> answer"));
const question = { question: "Who?" };

/** A spec that counts what is opened and closed. */
function counting(): LmSpec & { readonly opened: () => number; readonly closed: () => number } {
  let opened = 0;
  let closed = 0;
  return {
    kind: "lm",
    provider: "test",
    model: "test",
    async open() {
      opened += 1;
      const model = await scripted(() => ({ answer: "Ann" })).open();
      return { ...model, close: async () => void (closed += 1) };
    },
    opened: () => opened,
    closed: () => closed,
  };
}

describe("clients", () => {
  test("a run that asks for none leaves them unread", async () => {
    let reads = 0;
    const clients = new Proxy<Record<string, LmSpec>>(
      { any: scripted([{ answer: "Ann" }]) },
      {
        ownKeys(all) {
          reads += 1;
          return Reflect.ownKeys(all);
        },
      },
    );
    const alone = program({ name: "alone", parts: { qa }, forward: () => ({ answer: "I" }) });
    await forward(alone, question, { clients });
    expect(reads).toBe(0);
    await forward(qa, question, { clients });
    expect(reads).toBe(1);
  });

  test("the only one answers a program that names none", async () => {
    expect(await forward(qa, question, { clients: { any: scripted([{ answer: "Ann" }]) } })).toEqual({ answer: "Ann" });
  });

  test.each([
    ["a name that is not there", "other", 'there is no client "other"; there are: one, two'],
    [
      "no name where there are several",
      undefined,
      "the program names no client and there are several: one, two; name one",
    ],
  ])("%s: the error lists those there are", async (_what, name, message) => {
    const program = name === undefined ? qa : qa.with({ client: name });
    const clients = { one: scripted([]), two: scripted([]) };
    await expect(forward(program, question, { clients })).rejects.toMatchObject({
      code: "no_such_client",
      message,
      details: { clients: ["one", "two"] },
    });
  });

  test("none at all is said", async () => {
    await expect(forward(qa, question, { clients: {} })).rejects.toThrow("there is no LM client");
  });

  test("specs are opened for the call and closed after it, also when it fails", async () => {
    const spec = counting();
    await forward(qa, question, { clients: { spec } });
    expect([spec.opened(), spec.closed()]).toEqual([1, 1]);
    const failing = {
      ...qa,
      forward: async (...args: Parameters<typeof qa.forward>) => {
        await args[1].client();
        await args[1].client("spec");
        throw new Error("no");
      },
    };
    await expect(forward(failing, question, { clients: { spec } })).rejects.toThrow("no");
    expect([spec.opened(), spec.closed()]).toEqual([2, 2]);
  });

  test("specs that the program never asks for stay closed", async () => {
    const spec = counting();
    await forward(qa.with({ client: "lm" }), question, { clients: { lm: scripted([{ answer: "x" }]), spec } });
    expect(spec.opened()).toBe(0);
  });

  test("a spec that cannot be opened says so", async () => {
    const spec: LmSpec = { ...counting(), open: () => Promise.reject(new UsageError("set OPENAI_API_KEY")) };
    await expect(forward(qa, question, { clients: { spec } })).rejects.toThrow("set OPENAI_API_KEY");
  });

  test("models stay open: they are their owner's", async () => {
    let closed = false;
    const model = await scripted([{ answer: "x" }]).open();
    await forward(qa, question, { clients: { lm: { ...model, close: async () => void (closed = true) } } });
    expect(closed).toBe(false);
  });

  test("something else is refused by name", async () => {
    const clients = { lm: "gpt" } as unknown as Record<string, LmSpec>;
    await expect(forward(qa, question, { clients })).rejects.toThrow(
      'forward: client "lm" must be a language model, a retriever or the spec of one, got "gpt"',
    );
  });
});

test("an aborted call ends as cancelled", async () => {
  const gone = new AbortController();
  gone.abort();
  const clients = { lm: scripted([{ answer: "x" }]) };
  await expect(forward(qa, question, { clients, signal: gone.signal })).rejects.toMatchObject({ code: "cancelled" });
});

describe("code that never ends and looks at no signal is left behind", () => {
  const hung = program({
    name: "hung",
    parts: {},
    forward: (_parts, _inputs: object) => new Promise<{ answer: string }>(() => {}),
  });

  test("when its time is over", async () => {
    const clock = testClock();
    const ended = forward(hung, {}, { clients: {}, clock, timeoutMs: 50 }).catch((error: unknown) => error);
    await clock.advance(50);
    expect(await ended).toMatchObject({ code: "timeout", details: { phase: "total" } });
  });

  test.each(["before", "while"])("when its caller is gone: %s it runs", async (when) => {
    const stop = new AbortController();
    if (when === "before") stop.abort();
    const running = forward(hung, {}, { clients: {}, runId: "r", signal: stop.signal });
    stop.abort();
    await expect(running).rejects.toMatchObject({ code: "cancelled", details: { run: "r" } });
  });
});

test("a run within a run counts in what the part that began it says of itself", async () => {
  const clients = { lm: scripted(() => ({ answer: "x" })) };
  const outer = program({
    name: "outer",
    parts: {},
    forward: (_parts, inputs: { question: string }, context: CallContext) =>
      forward(qa, inputs, { clients, parent: context }),
  });
  const { $meta } = await forward(outer, question, { clients: {} });
  expect($meta).toMatchObject({ attempts: 1, usage: { totalTokens: expect.any(Number) as number } });
  expect($meta.usage.totalTokens).toBeGreaterThan(0);
});

test("a run within a run that nobody awaits is told that it is over with the one that began it", async () => {
  const hung = program({ name: "hung", parts: {}, forward: () => new Promise<{ answer: string }>(() => {}) });
  let inner: Promise<unknown> | undefined;
  const outer = program({
    name: "outer",
    parts: {},
    forward(_parts, _inputs: object, context: CallContext) {
      inner = forward(hung, {}, { clients: {}, parent: context, runId: "inner" }).catch((thrown: unknown) => thrown);
      return { answer: "done" };
    },
  });
  await forward(outer, {}, { clients: {} });
  expect(await inner).toMatchObject({ code: "cancelled", details: { run: "inner" } });
  // Also where both are timed, as the runs of a job are.
  await forward(outer, {}, { clients: {}, clock: testClock(), timeoutMs: 50 });
  expect(await inner).toMatchObject({ code: "cancelled", details: { run: "inner" } });
});
