// What a call is given is looked at before anything is done, and is the call's own failure.
import { expect, onTestFinished, test } from "vitest";
import { client } from "../../src/actors/client/client.ts";
import { programActor } from "../../src/actors/program/program-actor.ts";
import { forward } from "../../src/programs/bare/forward.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import { signature } from "../../src/signatures/signature.ts";
import { startSystem } from "../../src/system.ts";
import { scripted } from "../../src/testing/scripted.ts";

const qa = predict(signature("q -> a"));
const spec = programActor({ name: "p", program: qa });

const WRONG: readonly (readonly [object, string])[] = [
  [{ timeout: 5 }, 'no option "timeout" (is "timeoutMs" meant?)'],
  [{ timeoutMs: Number.NaN }, "timeoutMs must be milliseconds, a number from 0, got NaN"],
  [{ timeoutMs: "5" }, 'timeoutMs must be milliseconds, a number from 0, got "5"'],
  [{ signal: new AbortController() }, "signal must be an AbortSignal, got {}, an AbortController: give its signal"],
  [{ priority: "low" }, 'priority must be "user" or "optimizer", got "low"'],
  [{ share: "" }, 'share must be a text that is not empty, got ""'],
  [{ share: 7 }, "share must be a text that is not empty, got 7"],
  [{ budget: { dollars: 1 } }, 'budget: no limit "dollars"; there are usd, tokens, lmCalls'],
];

async function started() {
  const lm = scripted(() => ({ a: "1" }));
  const system = await startSystem({ children: [client({ name: "c", lm }), spec], logger: false });
  onTestFinished(() => system.stop());
  return { lm, system };
}

test.each(WRONG)("%j is misuse in a handle's call and in forward, and nothing is asked", async (options, message) => {
  const { lm, system } = await started();
  const misuse = { ok: false, error: { code: "misuse", message: expect.stringContaining(message) } };
  expect(await system.handle(spec).tryCall({ q: "x" }, options)).toMatchObject(misuse);
  expect(await system.tryForward(qa, { q: "x" }, options)).toMatchObject(misuse);
  expect(lm.requests).toEqual([]);
});

test.each([
  [{ retry: "x" }, 'retry: expected an object of options, got "x"'],
  [{ retry: { maxAttempts: 0 } }, "retry: maxAttempts must be a whole number, at least 1, got 0"],
  [{ retry: { attempts: 3 } }, 'retry: no option "attempts" (is "maxAttempts" meant?)'],
])("%j is misuse wherever a policy is given", async (options, message) => {
  const { system, lm } = await started();
  const given = options as never;
  expect(await system.tryForward(qa, { q: "x" }, given)).toMatchObject({
    error: { code: "misuse", message: expect.stringContaining(message) },
  });
  await expect(forward(qa, { q: "x" }, { clients: { c: lm }, ...options } as never)).rejects.toThrow(message);
  await expect(startSystem({ children: [], logger: false, ...options } as never)).rejects.toThrow(message);
  expect(() => programActor({ name: "p", program: qa, ...options } as never)).toThrow(message);
});

test("a policy of which a part is given is the default in the rest", async () => {
  const { system } = await started();
  const failing = scripted(() => {
    throw new Error("down");
  });
  const other = await startSystem({ children: [client({ name: "c", lm: failing })], logger: false });
  onTestFinished(() => other.stop());
  const retry = { maxAttempts: 2, baseMs: 0 } as never;
  expect(await other.tryForward(qa, { q: "x" }, { retry })).toMatchObject({ ok: false });
  expect(failing.requests.length).toBe(2);
  expect(await system.tryForward(qa, { q: "x" }, { retry })).toMatchObject({ ok: true });
});

test("`undefined` is a fine value for each, and means the default: a user's call goes before an optimizer's", async () => {
  const lm = scripted(() => ({ a: "1" }), { latencyMs: 5 });
  const system = await startSystem({
    children: [client({ name: "c", lm, limits: { concurrency: 1 } })],
    logger: false,
  });
  onTestFinished(() => system.stop());
  const none = { timeoutMs: undefined, signal: undefined, budget: undefined, share: undefined };
  const asked = [
    system.forward(qa, { q: "first" }),
    system.forward(qa, { q: "optimizer" }, { priority: "optimizer" }),
    system.forward(qa, { q: "user" }, { ...none, priority: undefined }),
  ];
  await Promise.all(asked);
  const order = lm.requests.map(({ messages }) => /first|optimizer|user/.exec(String(messages.at(-1)?.content))?.[0]);
  expect(order).toEqual(["first", "user", "optimizer"]);
});
