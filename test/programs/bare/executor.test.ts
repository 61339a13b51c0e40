import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { bareExecutor } from "../../../src/programs/bare/executor.ts";
import { forward } from "../../../src/programs/bare/forward.ts";
import type { CallContext } from "../../../src/programs/call-context.ts";
import { program } from "../../../src/programs/composed-program.ts";
import { testClock } from "../../../src/testing/test-clock.ts";

const hung = program({
  name: "hung",
  parts: {},
  forward: (_parts, _inputs: object) => new Promise<{ answer: string }>(() => {}),
});
const quick = program({ name: "quick", parts: {}, forward: (_parts, _inputs: object) => ({ answer: "yes" }) });
const heldBy = (signal: AbortSignal): number => getEventListeners(signal, "abort").length;
const CANCELLED = { ok: false, error: { code: "cancelled" } };

test("the runs of a piece of work end with it, and one that is begun after it at once", async () => {
  const executor = bareExecutor({ clients: {}, clock: testClock() });
  const stop = new AbortController();
  const parent = executor.begin({ signal: stop.signal });
  const running = Promise.all([1, 2].map(() => executor.run(hung, {}, { parent, timeoutMs: 50 })));
  stop.abort();
  expect(await running).toMatchObject([CANCELLED, CANCELLED]);
  expect(await executor.run(hung, {}, { parent })).toMatchObject(CANCELLED);
});

test("a run ends with a signal of its own", async () => {
  const executor = bareExecutor({ clients: {} });
  const stop = new AbortController();
  const running = executor.run(hung, {}, { parent: executor.begin({}), signal: stop.signal });
  stop.abort();
  expect(await running).toMatchObject(CANCELLED);
});

test("a run that is part of another one, which no executor has begun, ends with that", async () => {
  const executor = bareExecutor({ clients: {} });
  let inner: Promise<unknown> | undefined;
  const outer = program({
    name: "outer",
    parts: {},
    forward(_parts, _inputs: object, context: CallContext) {
      inner = executor.run(hung, {}, { parent: context });
      return { answer: "done" };
    },
  });
  await forward(outer, {}, { clients: {} });
  expect(await inner).toMatchObject(CANCELLED);
});

test("a thousand runs that are over have left nothing on the signals that would have ended them, and no timer", async () => {
  const clock = testClock();
  const executor = bareExecutor({ clients: {}, clock });
  const [whole, own] = [new AbortController().signal, new AbortController().signal];
  const parent = executor.begin({ signal: whole });
  const before = heldBy(whole);
  const runs = Array.from({ length: 1_000 }, () => executor.run(quick, {}, { parent, signal: own, timeoutMs: 50 }));
  expect((await Promise.all(runs)).every(({ ok }) => ok)).toBe(true);
  expect([heldBy(whole), heldBy(parent.signal), heldBy(own), clock.pending]).toEqual([before, 0, 0, 0]);
});
