/** Whole calls of system.forward in one process: CPU, live heap, their ends; beside the library as of commit 87749c6. */
import type { BenchReport } from "./harness.ts";
import { answeredRows, endedRows, heapRows, waitingRows } from "./parts/beside-earlier.ts";
import { withBuilds } from "./parts/builds.ts";

export function run(): Promise<BenchReport> {
  return withBuilds(async (builds) => ({
    about:
      "both libraries built and each measured in fresh processes, in turns, medians; the model is in the same process. " +
      "CPU is of the user and the system, all threads. Ratios are to the earlier library",
    rows: [
      ...(await answeredRows(builds)),
      ...(await heapRows(builds)),
      ...(await waitingRows(builds)),
      ...(await endedRows(builds)),
    ],
  }));
}
