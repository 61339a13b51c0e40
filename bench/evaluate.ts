/** Whole sets evaluated: beside calls by hand, at once, with a journal, streamed; wall, CPU and memory. */
import { atMost, type BenchReport, type BenchRow, median } from "./harness.ts";
import { inChild } from "./parts/child-process.ts";
import type { Flatness, JournalCost, ServedSet, Spent, StreamCost } from "./parts/evaluation-work.ts";
import type { Load } from "./parts/load.ts";
import { startServer } from "./parts/server-process.ts";

const WORK = new URL("parts/evaluation-work.ts", import.meta.url).href;
const EXAMPLES = 10_000;
const ROUNDS = Number(process.env["EVALUATE_ROUNDS"] ?? 3);
const JOURNAL_ROUNDS = 7;
const STREAMED = 40_000;
const LONG = Number(process.env["EVALUATE_ROWS"] ?? 1_000_000);

export async function run(): Promise<BenchReport> {
  return {
    about:
      "system.evaluate of a typed predictor with exactMatch. Bare is Promise.all over the openai package on our transport " +
      "and a comparison of texts. Each in fresh processes, the server in one of its own; those of the journal and of the " +
      "stream in turns within one process",
    rows: [
      ...(await besideBare("10,000 at once, server 1 s", 1_000, EXAMPLES, 1.3)),
      await heapRow(),
      ...(await besideBare("10,000, 500 at once, server 200 ms", 200, 500, 1.1)),
      ...(await atOnceRows()),
      ...(await journalRows()),
      ...(await streamRows()),
    ],
  };
}

async function besideBare(
  what: string,
  latencyMs: number,
  maxConcurrency: number,
  most: number,
): Promise<readonly BenchRow[]> {
  const loads: { readonly bareCalls: Load[]; readonly servedSet: Load[] } = { bareCalls: [], servedSet: [] };
  const names = ["bareCalls", "servedSet"] as const;
  for (let round = 0; round < ROUNDS; round += 1)
    for (const name of round % 2 === 0 ? names : names.toReversed())
      loads[name].push(await onServer<Load>(name, latencyMs, maxConcurrency));
  const [bare, ours] = [loads.bareCalls, loads.servedSet];
  const of = (each: readonly Load[], part: keyof Load): number => median(each.map((load) => load[part]));
  const ratio = of(ours, "cpuMs") / of(bare, "cpuMs");
  return [
    { name: `${what}: bare, wall`, value: of(bare, "wallMs"), unit: "ms" },
    atMost(`${what}: wall`, of(ours, "wallMs"), of(bare, "wallMs"), most, "ms"),
    { name: `${what}: CPU`, value: of(ours, "cpuMs"), unit: "ms", ratio },
  ];
}

async function heapRow(): Promise<BenchRow> {
  // Long enough that all of them are sent before the first is answered.
  const bytes = await onServer<number>("heapPerExample", 10_000, EXAMPLES, ["--expose-gc"]);
  return within("10,000 at once: live heap an example", bytes / 1_024, 60, "KiB");
}

async function onServer<Result>(
  name: string,
  latencyMs: number,
  maxConcurrency: number,
  flags: readonly string[] = [],
): Promise<Result> {
  // A fresh one for each: sockets that linger are not the next one's burden.
  const server = await startServer({ latencyMs });
  const set: ServedSet = { baseURL: server.baseURL, examples: EXAMPLES, maxConcurrency };
  try {
    return await inChild<Result>({ module: WORK, name, args: [set], flags });
  } finally {
    server.stop();
  }
}

async function atOnceRows(): Promise<readonly BenchRow[]> {
  const loads: Load[] = [];
  for (let round = 0; round < ROUNDS; round += 1)
    loads.push(await inChild<Load>({ module: WORK, name: "atOnce", args: [100_000] }));
  const of = (part: keyof Load): number => median(loads.map((load) => load[part]));
  return [
    within("100,000 at once on a model in the process: wall", of("wallMs") / 1_000, 9, "s"),
    { name: "100,000 at once: CPU, all threads", value: of("cpuMs") / 1_000, unit: "s" },
    within("100,000 at once: memory above idle", of("peakMb"), 1_200, "MB"),
  ];
}

async function journalRows(): Promise<readonly BenchRow[]> {
  const args = [EXAMPLES, JOURNAL_ROUNDS];
  const { plain, kept } = await inChild<JournalCost>({
    module: WORK,
    name: "withJournal",
    args,
    flags: ["--expose-gc"],
  });
  const of = (each: readonly Spent[], part: keyof Spent): number => median(each.map((spent) => spent[part]));
  // Of each round by itself: what else the machine does weighs on both.
  const added = median(kept.map(({ cpuUs }, round) => cpuUs - (plain[round]?.cpuUs ?? 0)));
  return [
    { name: "128 at once, no journal: CPU a trial", value: of(plain, "cpuUs"), unit: "µs" },
    within("a journal adds: CPU a trial", added, 15, "µs"),
    atMost("with a journal: wall", of(kept, "wallMs"), of(plain, "wallMs"), 1.05, "ms"),
  ];
}

async function streamRows(): Promise<readonly BenchRow[]> {
  const { forwardUs, evaluateUs } = await inChild<StreamCost>({ module: WORK, name: "streamed", args: [STREAMED, 5] });
  const { earlyMb, lateMb, rowsPerSecond } = await inChild<Flatness>({
    module: WORK,
    name: "longStream",
    args: [LONG],
    flags: ["--expose-gc"],
  });
  const grown = ((lateMb - earlyMb) * 1e6) / (LONG * 0.9);
  return [
    { name: "a trivial program's forward alone: CPU", value: median(forwardUs), unit: "µs" },
    atMost("a row streamed and evaluated by it: CPU", median(evaluateUs), median(forwardUs), 2, "µs"),
    { name: `${LONG.toLocaleString("en")} rows streamed`, value: rowsPerSecond, unit: "rows/s" },
    { name: "live heap after a tenth of them", value: earlyMb, unit: "MB" },
    { name: "live heap at the end", value: lateMb, unit: "MB" },
    // Scores and times are numbers, which the interval and the percentiles need, and what tells equal rows apart.
    within("it grows by", grown, 64, "bytes a row"),
  ];
}

function within(name: string, value: number, most: number, unit: string): BenchRow {
  return { name, value, unit, reach: { text: `≤ ${most.toLocaleString("en")} ${unit}`, met: value <= most } };
}
