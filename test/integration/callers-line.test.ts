import { afterEach, describe, expect, test } from "vitest";
import { inspect } from "node:util";
import { client } from "../../src/actors/client/client.ts";
import { programActor } from "../../src/actors/program/program-actor.ts";
import { DspexError } from "../../src/foundation/errors.ts";
import { LmError } from "../../src/lm/failure.ts";
import { forward } from "../../src/programs/bare/forward.ts";
import { stream } from "../../src/programs/bare/stream.ts";
import { program } from "../../src/programs/composed-program.ts";
import type { Outcome } from "../../src/programs/outcome.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import { signature } from "../../src/signatures/signature.ts";
import { startSystem, type System } from "../../src/system.ts";
import { scripted } from "../../src/testing/scripted.ts";

const qa = predict(signature("question -> answer"));
const outer = program({
  name: "outer",
  parts: { qa },
  forward: ({ qa: ask }, inputs: { question: string }) => ask(inputs),
});
const inputs = { question: "Who?" };

const systems: System[] = [];
afterEach(async () => {
  for (const system of systems.splice(0)) await system.stop();
});

// The error is made where nobody of the caller's is on the stack any more.
const lm = () =>
  scripted(async () => {
    await new Promise((resolve) => void setImmediate(resolve));
    return new LmError("no", { code: "bad_request" });
  });

async function world() {
  const actor = programActor({ name: "outer", program: outer });
  const system = await startSystem({ children: [client({ name: "lm", lm: lm() }), actor], logger: false });
  systems.push(system);
  return { system, handle: system.handle(actor), clients: { lm: lm() } };
}

type World = Awaited<ReturnType<typeof world>>;

const thrown = async (work: () => Promise<unknown>): Promise<Error> => {
  try {
    await work();
  } catch (error) {
    return error as Error;
  }
  throw new Error("it succeeded");
};

async function read(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of items);
}

function failure(outcome: Outcome): never {
  if (outcome.ok) throw new Error("it succeeded");
  throw outcome.error;
}

const wrong = {} as typeof inputs;

describe("a failure's stack has the line that called", () => {
  const calls: Readonly<Record<string, (world: World) => Promise<unknown>>> = {
    "system.forward": async ({ system }) => await system.forward(outer, inputs),
    "system.tryForward": async ({ system }) => failure(await system.tryForward(outer, inputs)),
    "system.stream": async ({ system }) => await read(system.stream(outer, inputs)),
    "handle.call": async ({ handle }) => await handle.call(inputs),
    "handle.tryCall": async ({ handle }) => failure(await handle.tryCall(inputs)),
    "handle.stream": async ({ handle }) => await read(handle.stream(inputs)),
    forward: async ({ clients }) => await forward(outer, inputs, { clients }),
    stream: async ({ clients }) => await read(stream(outer, inputs, { clients })),
    "inputs that do not fit": async ({ system }) => await system.forward(outer, wrong),
    "inputs that do not fit, to a handle": async ({ handle }) => await handle.call(wrong),
    "a deadline": async ({ system }) => await system.forward(outer, inputs, { timeoutMs: 0 }),
    "a system that has stopped": async ({ system }) => {
      await system.stop();
      return await system.forward(outer, inputs);
    },
    "a handle of one that has": async ({ system, handle }) => {
      await system.stop();
      return await handle.call(inputs);
    },
  };

  test.each(Object.keys(calls))("%s", async (name) => {
    const given = await world();
    const myHandler = async (): Promise<unknown> => {
      await Promise.resolve();
      return await calls[name]?.(given);
    };
    const error = await thrown(myHandler);
    expect(error.stack).toContain("callers-line.test");
    // The frames that a call can bear are the caller's: none is spent on the way in.
    expect(error.stack).not.toMatch(/system-calls|program-handle/);
    // Its own lines come first.
    expect(error.stack?.split("\n")[0]).toContain(error.message);
  });
});

test("a failure of a program's own comes as it was thrown", async () => {
  const { system } = await world();
  const own = new DspexError("mine", { code: "mine", retryable: false });
  const failing = program({
    name: "failing",
    parts: {},
    forward(): { answer: string } {
      throw own;
    },
  });
  expect(await thrown(() => system.forward(failing, {}))).toBe(own);
  const once = own.stack;
  expect(await thrown(() => system.forward(failing, {}))).toBe(own);
  expect(own.stack).toBe(once);
});

test("a printed failure has no row for what is not known", () => {
  const printed = inspect(new LmError("no", { code: "bad_request" }));
  expect(printed).toContain("code: 'bad_request'");
  expect(printed).not.toContain("undefined");
});
