import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { cancelGroups } from "../../../src/actors/run/cancel-groups.ts";
import { behaviour } from "../../../src/runtime/behaviour.ts";
import type { Behaviour } from "../../../src/runtime/actor.ts";
import { createRuntime } from "../../../src/runtime/runtime.ts";

const idle: Behaviour<undefined, null> = behaviour<undefined, null>({ name: "idle", init: () => ({ state: null }) });

async function world(count: number) {
  const runtime = createRuntime();
  const started = await Promise.all(Array.from({ length: count }, () => runtime.start(idle, undefined)));
  const refs = started.map((each) => {
    if (each.status !== "ok") throw new Error("did not start");
    return each.ref;
  });
  const life = new AbortController();
  const groups = cancelGroups(runtime, () => life.signal);
  return { life, refs, groups, alive: () => refs.map((ref) => runtime.isAlive(ref)) };
}

test("a thousand requests hang on one listener, and the abort ends those that are still in", async () => {
  const { refs, groups, alive } = await world(1_000);
  const controller = new AbortController();
  const leaves = refs.map((ref) => groups.join(ref, controller.signal));
  expect(getEventListeners(controller.signal, "abort")).toHaveLength(1);
  leaves[0]?.();
  controller.abort();
  expect(alive()).toEqual([true, ...Array.from({ length: 999 }, () => false)]);
});

test("the last to leave takes the listener along", async () => {
  const { refs, groups, life } = await world(2);
  const { signal } = new AbortController();
  for (const leave of refs.map((ref) => groups.join(ref, signal))) leave();
  expect(getEventListeners(signal, "abort")).toEqual([]);
  life.abort();
});

test("who joins a signal that has aborted already is ended at once", async () => {
  const { refs, groups, alive } = await world(1);
  const [ref] = refs;
  if (ref !== undefined) groups.join(ref, AbortSignal.abort());
  expect(alive()).toEqual([false]);
});

test("who has ended listens to no signal any more", async () => {
  const { refs, groups, life } = await world(3);
  const signals = refs.map(() => new AbortController().signal);
  for (const [index, ref] of refs.entries()) groups.join(ref, signals[index] ?? life.signal);
  expect(getEventListeners(life.signal, "abort")).toHaveLength(1);
  life.abort();
  for (const signal of signals) expect(getEventListeners(signal, "abort")).toEqual([]);
});
