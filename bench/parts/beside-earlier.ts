// Rows that measure this library beside the one of an earlier commit.
import { atMost, type BenchRow, interleave, type RoundsOptions } from "../harness.ts";
import type { Builds } from "./builds.ts";
import { inChild } from "./child-process.ts";
import type { Waited } from "./whole-calls.ts";

const WORK = new URL("whole-calls.ts", import.meta.url).href;
const CALLS = 10_000;
const MANY = 100_000;

/** The names of the functions in whole-calls.ts, and what they give. */
interface Works {
  readonly answeredAtOnce: number;
  readonly heapOfForward: number;
  readonly heapOfRequest: number;
  readonly requestsThatWait: Waited;
  readonly ended: number;
}

/** The median of what both builds give, in fresh processes, one after the other. */
async function both<Name extends keyof Works>(
  { earlier, present }: Builds,
  work: { readonly name: Name; readonly args: readonly unknown[]; pick(given: Works[Name]): number },
  options?: RoundsOptions,
): Promise<{ readonly earlier: number; readonly present: number }> {
  const { name, args, pick } = work;
  const measure = (build: string) => async (): Promise<number> =>
    pick(await inChild<Works[Name]>({ module: WORK, name, args: [build, ...args], flags: ["--expose-gc"] }));
  return (await interleave({ earlier: measure(earlier), present: measure(present) }, options)).median;
}

const asItIs = (value: number): number => value;

/** CPU of a whole call on a model that answers at once. */
export async function answeredRows(builds: Builds): Promise<BenchRow[]> {
  const cpu = await both(
    builds,
    { name: "answeredAtOnce", args: [CALLS], pick: (ms) => (ms / CALLS) * 1_000 },
    { rounds: 7 },
  );
  return [
    atMost("a whole call that is answered at once: CPU", cpu.present, cpu.earlier, 0.7, "µs"),
    { name: "the same, before", value: cpu.earlier, unit: "µs" },
  ];
}

/** Live heap of a whole call, and of a bare request, while they wait. */
export async function heapRows(builds: Builds): Promise<BenchRow[]> {
  // Each is one sum over ten thousand, and the same each time.
  const rounds = { rounds: 1, warmup: 0 };
  const call = await both(builds, { name: "heapOfForward", args: [CALLS], pick: asItIs }, rounds);
  const request = await both(builds, { name: "heapOfRequest", args: [CALLS], pick: asItIs }, rounds);
  return [
    atMost("a whole call that waits: live heap", call.present, call.earlier, 0.5, "B"),
    { name: "the same, before", value: call.earlier, unit: "B" },
    { name: "a request that waits", value: request.present, unit: "B", ratio: request.present / request.earlier },
    { name: "the same, before", value: request.earlier, unit: "B" },
  ];
}

/** What a hundred thousand requests that wait a second take above the idle process. */
export async function waitingRows(builds: Builds): Promise<BenchRow[]> {
  const memory = await both(
    builds,
    { name: "requestsThatWait", args: [MANY], pick: ({ peakMb }) => peakMb },
    { rounds: 3, warmup: 0 },
  );
  return [
    atMost("100,000 requests that wait 1 s: memory above idle", memory.present, memory.earlier, 0.7, "MB"),
    { name: "the same, before", value: memory.earlier, unit: "MB" },
  ];
}

/** CPU from the word to stop until ten thousand calls have their outcome. Each process gives a median of its own. */
export async function endedRows(builds: Builds): Promise<BenchRow[]> {
  const measure = (by: "client" | "signals") =>
    both(builds, { name: "ended", args: [by, CALLS], pick: asItIs }, { rounds: 3, warmup: 0 });
  const client = await measure("client");
  const signals = await measure("signals");
  return [
    atMost("stopping the client under 10,000 calls: CPU", client.present, client.earlier, 0.65, "ms"),
    { name: "the same, before", value: client.earlier, unit: "ms" },
    atMost("10,000 callers' own signals: CPU", signals.present, signals.earlier, 0.65, "ms"),
    { name: "the same, before", value: signals.earlier, unit: "ms" },
  ];
}
