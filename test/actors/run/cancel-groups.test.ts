import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { cancelGroups } from "../../../src/actors/run/cancel-groups.ts";
import { behaviour } from "../../../src/runtime/behaviour.ts";
import type { Behaviour, Self } from "../../../src/runtime/actor.ts";
import { createRuntime } from "../../../src/runtime/runtime.ts";

const idle: Behaviour<undefined, null> = behaviour<undefined, null>({ name: "idle", init: () => ({ state: null }) });
const asking: Behaviour<{ own?: Self }, null> = behaviour<{ own?: Self }, null>({
  name: "asking",
  init(args, self) {
    args.own = self;
    return { state: null };
  },
});

async function world(count: number) {
  const runtime = createRuntime();
  const started = await Promise.all(Array.from({ length: count }, () => runtime.start(idle, undefined)));
  const refs = started.map((each) => {
    if (each.status !== "ok") throw new Error("did not start");
    return each.ref;
  });
  const args: { own?: Self } = {};
  await runtime.start(asking, args);
  const { own } = args;
  if (own === undefined) throw new Error("did not start");
  const groups = cancelGroups(own);
  return {
    refs,
    groups,
    alive: () => refs.map((ref) => runtime.isAlive(ref)),
    end: () => runtime.exitSignal(own.ref, "kill"),
  };
}

test("a thousand requests hang on one listener, and the abort ends those that are still in", async () => {
  const { refs, groups, alive } = await world(1_000);
  const { signal, abort } = aborting();
  for (const ref of refs) groups.join(ref, signal);
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  const [first] = refs;
  if (first !== undefined) groups.leave(first, signal);
  abort();
  expect(alive()).toEqual([true, ...Array.from({ length: 999 }, () => false)]);
});

test("the last to leave takes the listener along", async () => {
  const { refs, groups } = await world(2);
  const { signal } = new AbortController();
  for (const ref of refs) groups.join(ref, signal);
  for (const ref of refs) groups.leave(ref, signal);
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

test("who joins a signal that has aborted already is ended at once", async () => {
  const { refs, groups, alive } = await world(1);
  const [ref] = refs;
  if (ref !== undefined) groups.join(ref, AbortSignal.abort());
  expect(alive()).toEqual([false]);
});

test("who has ended listens to no signal any more", async () => {
  const { refs, groups, end } = await world(3);
  const signals = refs.map(() => new AbortController().signal);
  for (const [index, ref] of refs.entries()) groups.join(ref, signals[index] ?? AbortSignal.abort());
  for (const signal of signals) expect(getEventListeners(signal, "abort")).toHaveLength(1);
  end();
  for (const signal of signals) expect(getEventListeners(signal, "abort")).toEqual([]);
});

function aborting() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}
