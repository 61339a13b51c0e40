/** What it costs a whole call to keep the caller's async context (AsyncLocalStorage) through all its processes. */
import { atMost, type BenchReport, interleave } from "./harness.ts";
import { inChild } from "./parts/child-process.ts";

const CALLS = 10_000;
const WORK = new URL("./parts/context-work.ts", import.meta.url).href;
const WITHOUT = new URL("./parts/without-scopes.ts", import.meta.url).href;

export async function run(): Promise<BenchReport> {
  const cpu = (flags: readonly string[]) => () =>
    inChild<number>({ module: WORK, name: "forwards", args: [CALLS], flags });
  const contenders = { without: cpu([`--import=${WITHOUT}`]), kept: cpu([]) };
  const { median } = await interleave(contenders, { rounds: 15 });
  return {
    about:
      `CPU for ${CALLS.toLocaleString("en")} calls of system.forward, 1,000 at a time, on a model in the same process that ` +
      "waits 1 ms; each round in a fresh process, medians of 15, beside the same code with nothing captured and nothing " +
      "entered. A call to a server costs more than this one, and the context in it the same",
    rows: [
      { name: "no context kept", value: median.without, unit: "ms" },
      atMost("the caller's context kept", median.kept, median.without, 1.03, "ms"),
    ],
  };
}
