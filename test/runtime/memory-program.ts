// Run by memory.test.ts in a process of its own, which may collect its garbage when it likes; prints what is left.
import type { ActorRef } from "../../src/runtime/actor-ref.ts";
import { behaviour } from "../../src/runtime/behaviour.ts";
import { createRuntime } from "../../src/runtime/runtime.ts";

const runtime = createRuntime();
const loopTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function collect(): Promise<number> {
  for (let round = 0; round < 5; round += 1) {
    await loopTurn();
    (globalThis as unknown as { gc(): void }).gc();
  }
  return process.memoryUsage().heapUsed;
}

const alive = (refs: readonly WeakRef<object>[]): number => refs.filter((ref) => ref.deref() !== undefined).length;

const holder = behaviour<object, object>({
  name: "holder",
  init: (state) => ({ state }),
  // Never done: only a kill ends it.
  handleCast: (_state, _message, self) => self.sleep(1e9),
});

async function lifetimes(): Promise<{
  states: WeakRef<object>[];
  messages: WeakRef<object>[];
  dead: WeakRef<object>[];
}> {
  const states: WeakRef<object>[] = [];
  const messages: WeakRef<object>[] = [];
  const refs: ActorRef[] = [];
  for (let index = 0; index < 100; index += 1) {
    const state = { index };
    const started = await runtime.start(holder, state);
    if (started.status !== "ok") throw new Error("it did not start");
    for (let count = 0; count < 3; count += 1) {
      const message = { index, count };
      runtime.cast(started.ref, message);
      messages.push(new WeakRef(message));
    }
    states.push(new WeakRef(state));
    refs.push(started.ref);
  }
  await loopTurn();
  for (const ref of refs) runtime.exitSignal(ref, "kill");
  kept.push(...refs);
  return { states, messages, dead: refs.map((ref) => new WeakRef<object>(ref)) };
}

/** Refs of the dead that somebody keeps: they keep nothing else. */
const kept: ActorRef[] = [];

const { states, messages, dead } = await lifetimes();
await collect();
const statesLeft = alive(states);
const messagesLeft = alive(messages);
kept.length = 0;
await collect();
const deadLeft = alive(dead);

const COUNT = 20_000;
const idler = behaviour<undefined, null>({ name: "idler", init: () => ({ state: null }) });
const before = await collect();
let refs: ActorRef[] = [];
for (let index = 0; index < COUNT; index += 1) {
  const started = await runtime.start(idler, undefined);
  if (started.status === "ok") refs.push(started.ref);
}
const bytesPerIdle = Math.round(((await collect()) - before) / COUNT);
for (const ref of refs) runtime.exitSignal(ref, "kill");
refs = [];
const bytesPerDead = Math.round(((await collect()) - before) / COUNT);

process.stdout.write(JSON.stringify({ statesLeft, messagesLeft, deadLeft, bytesPerIdle, bytesPerDead }));
process.exit(0);
