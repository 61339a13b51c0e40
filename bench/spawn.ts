/** Starting and stopping 1k, 10k and 100k actors, and the bytes of an idle one; beside plain nact. */
import { behaviour } from "../src/runtime/behaviour.ts";
import type { ActorRef, Protocol } from "../src/runtime/actor-ref.ts";
import { createRuntime } from "../src/runtime/runtime.ts";
import type { Runtime } from "../src/runtime/actor.ts";
import { worker } from "../src/supervisors/child-spec.ts";
import { dynamicSupervisorBehaviour } from "../src/supervisors/dynamic-supervisor.ts";
import { startChild } from "../src/supervisors/supervisor-protocol.ts";
import { atMost, type BenchReport, type BenchRow, interleave, median, wallMs } from "./harness.ts";
import { inChild } from "./parts/child-process.ts";
import { type NactRef, type NactYardstick, plainNact } from "./parts/plain-nact.ts";

/** Small sizes are done so many times over, for a time that a clock can tell. */
const SIZES = [
  { actors: 1_000, times: 20 },
  { actors: 10_000, times: 4 },
  { actors: 100_000, times: 1 },
] as const;
const IDLE = 50_000;
const ROUNDS = 5;

interface Sleeper extends Protocol {
  readonly call: never;
  readonly cast: { readonly done: () => void };
  readonly info: never;
}

const sleeper = behaviour<number, number, Sleeper>({
  name: "sleeper",
  init: (args) => ({ state: args }),
  handleCast: (_state, { done }) => done(),
});

export async function run(): Promise<BenchReport> {
  const rows: BenchRow[] = [];
  for (const { actors, times } of SIZES) rows.push(...(await startAndStop(actors, times)));
  return {
    about:
      "milliseconds to start and stop so many actors, and bytes of heap for each idle one; ratios are to plain nact. " +
      "An idle actor of ours is a cell, its ref and an empty mailbox; a few nact actors serve as the scheduler's seats for " +
      "all. With its first message it gets its own view of the runtime and a ring for its mailbox, which it keeps",
    rows: [...rows, ...(await bytes())],
  };
}

async function startAndStop(actors: number, times: number): Promise<BenchRow[]> {
  const runtime = createRuntime({ name: "spawn" });
  const nact = plainNact();
  const each = (work: () => Promise<void>) => async () => {
    const took = await wallMs(async () => {
      for (let time = 0; time < times; time += 1) await work();
    });
    return took / times;
  };
  const { median } = await interleave(
    {
      requested: each(async () => {
        const refs = await startAll(runtime, actors);
        await Promise.all(refs.map((ref) => runtime.stop(ref)));
      }),
      signalled: each(async () => {
        const refs = await startAll(runtime, actors);
        // As a supervisor does.
        await Promise.all(
          refs.map((ref) => {
            runtime.exitSignal(ref, "shutdown");
            return runtime.whenDown(ref);
          }),
        );
      }),
      supervised: each(() => supervised(runtime, actors)),
      nact: each(() => startAndStopNact(nact, actors)),
    },
    { rounds: ROUNDS },
  );
  runtime.dispose();
  nact.end();
  const many = actors.toLocaleString("en");
  return [
    atMost(`${many}, stopped by request (terminate, then gone)`, median.requested, median.nact, 2, "ms"),
    atMost(`${many}, stopped by an exit signal`, median.signalled, median.nact, 2, "ms"),
    {
      name: `${many}, as children of a dynamic supervisor`,
      value: median.supervised,
      unit: "ms",
      ratio: median.supervised / median.nact,
    },
  ];
}

async function startAll(runtime: Runtime, actors: number): Promise<ActorRef<Sleeper>[]> {
  const refs: ActorRef<Sleeper>[] = [];
  for (let index = 0; index < actors; index += 1) {
    const started = await runtime.start(sleeper, index);
    if (started.status === "ok") refs.push(started.ref);
  }
  return refs;
}

async function supervised(runtime: Runtime, actors: number): Promise<void> {
  const supervisor = await runtime.start(dynamicSupervisorBehaviour, {});
  if (supervisor.status !== "ok") throw new Error("the supervisor did not start");
  const child = worker({ id: "sleeper", behaviour: sleeper, args: 1 });
  for (let index = 0; index < actors; index += 1) await startChild(runtime, supervisor.ref, child);
  await runtime.stop(supervisor.ref, "shutdown");
}

function startAndStopNact(nact: NactYardstick, actors: number): Promise<void> {
  return new Promise((resolve) => {
    let left = actors;
    const afterStop = (): void => {
      left -= 1;
      if (left === 0) resolve();
    };
    const refs: NactRef[] = [];
    for (let index = 0; index < actors; index += 1)
      refs.push(nact.spawn(`sleeper-${index}`, index, keep, { afterStop }));
    for (const ref of refs) nact.stop(ref);
  });
}

function keep(state: number, { done }: { readonly done: () => void }): number {
  done();
  return state;
}

// ---- memory

interface Bytes {
  /** Never had a message. */
  readonly fresh: number;
  /** Had one. */
  readonly used: number;
}

async function bytes(): Promise<BenchRow[]> {
  const samples = { ours: [] as Bytes[], nact: [] as Bytes[] };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const side of ["ours", "nact"] as const) {
      const name = side === "ours" ? "bytesOfOurs" : "bytesOfNact";
      samples[side].push(await inChild<Bytes>({ module: import.meta.url, name, flags: ["--expose-gc"] }));
    }
  }
  const of = (side: "ours" | "nact", kind: keyof Bytes): number => median(samples[side].map((each) => each[kind]));
  return [
    atMost("an idle actor that never had a message", of("ours", "fresh"), of("nact", "fresh"), 2, "bytes"),
    atMost("an idle actor that had one", of("ours", "used"), of("nact", "used"), 2, "bytes"),
  ];
}

/** @internal Run in a process of its own. */
export async function bytesOfOurs(): Promise<Bytes> {
  const runtime = createRuntime({ name: "bytes" });
  await startAll(runtime, 100);
  const before = heapUsed();
  const refs = await startAll(runtime, IDLE);
  const fresh = (heapUsed() - before) / IDLE;
  await Promise.all(refs.map((ref) => new Promise<void>((done) => runtime.cast(ref, { done }))));
  await nextTurn();
  return { fresh, used: (heapUsed() - before) / refs.length };
}

/** @internal Run in a process of its own. */
export async function bytesOfNact(): Promise<Bytes> {
  const nact = plainNact();
  const start = (index: number): NactRef => nact.spawn(`sleeper-${index}`, index, keep);
  for (let index = -100; index < 0; index += 1) start(index);
  const before = heapUsed();
  const refs = Array.from({ length: IDLE }, (_, index) => start(index));
  const fresh = (heapUsed() - before) / IDLE;
  await Promise.all(refs.map((ref) => new Promise<void>((done) => nact.dispatch(ref, { done }))));
  await nextTurn();
  return { fresh, used: (heapUsed() - before) / refs.length };
}

function heapUsed(): number {
  if (globalThis.gc === undefined) throw new Error("run with --expose-gc");
  void globalThis.gc();
  void globalThis.gc();
  return process.memoryUsage().heapUsed;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
