// What one process of the evaluate bench does: a whole set, by `system.evaluate` or by hand. Imported in a child process.
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { performance } from "node:perf_hooks";
import { client } from "../../src/actors/client/client.ts";
import { examples, streamExamples } from "../../src/evaluate/load-examples.ts";
import { exactMatch } from "../../src/evaluate/metrics/text-metrics.ts";
import type { EvaluateOptions } from "../../src/evaluate/evaluation-options.ts";
import type { LmSpec } from "../../src/lm/language-model.ts";
import { openai } from "../../src/lm/openai/openai.ts";
import { program } from "../../src/programs/composed-program.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import { signature } from "../../src/signatures/signature.ts";
import { startSystem, type System } from "../../src/system.ts";
import { cpuMs, interleave, wallMs as wallMsOf } from "../harness.ts";
import { CALLERS } from "./callers.ts";
import { inFlight } from "./in-flight.ts";
import { type Load, measureLoad } from "./load.ts";
import { question, rightAnswer } from "./question.ts";
import { waitingModel } from "./waiting-model.ts";

const QA = signature("question -> answer");
const METRIC = exactMatch("answer");

export interface ServedSet {
  readonly baseURL: string;
  readonly examples: number;
  readonly maxConcurrency: number;
}

/** The yardstick: calls of the openai package on our transport, and a comparison of texts. */
export async function bareCalls({ baseURL, examples: count, maxConcurrency }: ServedSet): Promise<Load> {
  const { call, stop } = await CALLERS.floor(baseURL);
  await inFlight(50, 10, call);
  let right = 0;
  const load = await measureLoad(() =>
    inFlight(count, maxConcurrency, async (index) => {
      if ((await call(index)) === rightAnswer(index)) right += 1;
    }),
  );
  if (right !== count) throw new Error(`${right} of ${count} answers are right`);
  await stop();
  return load;
}

/** The same questions as a set of examples, evaluated with what a user would write. */
export async function servedSet({ baseURL, examples: count, maxConcurrency }: ServedSet): Promise<Load> {
  const system = await evaluatingSystem(openai("bench", { baseURL, apiKey: "none" }));
  const set = setOf(count);
  await evaluateAll(system, set.slice(0, 50), { maxConcurrency: 10 });
  const load = await measureLoad(() => evaluateAll(system, set, { maxConcurrency }));
  await system.stop();
  return load;
}

/** Bytes of live heap for each example while all of them wait for a server that takes its time: with `--expose-gc`. */
export async function heapPerExample({ baseURL, examples: count, maxConcurrency }: ServedSet): Promise<number> {
  const system = await evaluatingSystem(openai("bench", { baseURL, apiKey: "none" }));
  const set = setOf(count);
  const before = liveHeap();
  const evaluated = evaluateAll(system, set, { maxConcurrency });
  await loopAtRest();
  const during = liveHeap();
  await evaluated;
  await system.stop();
  return (during - before) / count;
}

/** All at once on a model in this process; rows are not kept. */
export async function atOnce(count: number): Promise<Load> {
  const system = await evaluatingSystem(waitingModel(1_000));
  const set = setOf(count, "yes");
  return measureLoad(() => evaluateAll(system, set, { maxConcurrency: Infinity, keepRows: "failures" }));
}

/** CPU of a trial in µs without a journal and with one, and wall of the whole in ms, in turns: with `--expose-gc`. */
export async function withJournal(trials: number, rounds: number): Promise<JournalCost> {
  const system = await evaluatingSystem(waitingModel(20));
  const set = setOf(trials, "yes");
  const folder = await mkdtemp(join(tmpdir(), "dspex-bench-"));
  let journals = 0;
  const way = (journal: boolean) => async (): Promise<Spent> => {
    globalThis.gc?.();
    const path = join(folder, `${(journals += 1)}.jsonl`);
    const cpu = process.cpuUsage();
    const wallMs = await wallMsOf(() =>
      evaluateAll(system, set, { maxConcurrency: 128, ...(journal && { journal: path }) }),
    );
    const { user, system: kernel } = process.cpuUsage(cpu);
    return { cpuUs: (user + kernel) / trials, wallMs };
  };
  const ways = { plain: way(false), kept: way(true) };
  const spent: { readonly plain: Spent[]; readonly kept: Spent[] } = { plain: [], kept: [] };
  for (let round = -1; round < rounds; round += 1)
    for (const name of round % 2 === 0 ? (["plain", "kept"] as const) : (["kept", "plain"] as const)) {
      const each = await ways[name]();
      if (round >= 0) spent[name].push(each);
    }
  await rm(folder, { recursive: true });
  await system.stop();
  return spent;
}

export interface Spent {
  readonly cpuUs: number;
  readonly wallMs: number;
}

export interface JournalCost {
  readonly plain: readonly Spent[];
  readonly kept: readonly Spent[];
}

const ECHO = program({ name: "echo", parts: {}, version: 1, forward: () => ({ answer: "yes" }) });

export interface StreamCost {
  /** µs of CPU for each row, round by round. */
  readonly forwardUs: readonly number[];
  readonly evaluateUs: readonly number[];
}

/** CPU of a row that is streamed and evaluated, beside the forward of the same program alone, in turns. */
export async function streamed(rows: number, rounds: number): Promise<StreamCost> {
  const system = await startSystem({ name: "streaming", logger: false, children: [] });
  const folder = await mkdtemp(join(tmpdir(), "dspex-bench-"));
  const path = join(folder, "rows.jsonl");
  await writeRows(path, rows);
  const ways = {
    forwardUs: () => inFlight(rows, 64, (index) => system.forward(ECHO, { question: question(index) })),
    evaluateUs: () => evaluateRows(system, path),
  };
  const { samples } = await interleave(
    {
      forwardUs: async () => ((await cpuMs(ways.forwardUs)) * 1_000) / rows,
      evaluateUs: async () => ((await cpuMs(ways.evaluateUs)) * 1_000) / rows,
    },
    { rounds },
  );
  await rm(folder, { recursive: true });
  await system.stop();
  return samples;
}

export interface Flatness {
  /** Live heap in MB after a tenth of the rows and after all of them. */
  readonly earlyMb: number;
  readonly lateMb: number;
  readonly rowsPerSecond: number;
}

/** One long stream, its failures kept (there are none): with `--expose-gc`. */
export async function longStream(rows: number): Promise<Flatness> {
  const system = await startSystem({ name: "streaming", logger: false, children: [] });
  const folder = await mkdtemp(join(tmpdir(), "dspex-bench-"));
  const path = join(folder, "rows.jsonl");
  await writeRows(path, rows);
  let [done, earlyMb, lateMb] = [0, 0, 0];
  const onResult = (): void => {
    done += 1;
    if (done === rows / 10) earlyMb = liveHeap() / 1e6;
    if (done === rows) lateMb = liveHeap() / 1e6;
  };
  const ms = await wallMsOf(() => evaluateRows(system, path, onResult));
  await rm(folder, { recursive: true });
  await system.stop();
  return { earlyMb, lateMb, rowsPerSecond: (rows * 1_000) / ms };
}

async function evaluateRows(system: System, path: string, onResult?: () => void): Promise<void> {
  const rows = streamExamples(path, { signature: QA });
  const report = await system.evaluate(ECHO, rows, METRIC, { keepRows: "failures", onResult });
  if (report.score !== 100) throw new Error(`a score of ${report.score}`);
}

async function writeRows(path: string, count: number): Promise<void> {
  const file = await open(path, "w");
  for (let first = 0; first < count; first += 10_000) {
    const lines = Array.from({ length: Math.min(10_000, count - first) }, (_, index) =>
      JSON.stringify({ question: question(first + index), answer: "yes" }),
    );
    await file.write(`${lines.join("\n")}\n`);
  }
  await file.close();
}

function evaluatingSystem(lm: LmSpec): Promise<System> {
  return startSystem({
    name: "evaluating",
    logger: false,
    // Rounds ask the same questions again, and each is to reach the server.
    cache: false,
    children: [client({ name: "main", lm })],
  });
}

function setOf(count: number, answer?: string) {
  return examples(
    QA,
    Array.from({ length: count }, (_, index) => ({
      question: question(index),
      answer: answer ?? rightAnswer(index),
    })),
  );
}

async function evaluateAll(
  system: System,
  set: Iterable<ReturnType<typeof setOf>[number]>,
  options: EvaluateOptions,
): Promise<void> {
  const report = await system.evaluate(predict(QA), set, METRIC, options);
  if (report.score !== 100) throw new Error(`a score of ${report.score}: ${report.failures[0]?.error?.message ?? ""}`);
}

/** When everything has been sent and nothing has come back. */
async function loopAtRest(): Promise<void> {
  for (let busy = true; busy;) {
    const before = performance.eventLoopUtilization();
    await wait(200);
    busy = performance.eventLoopUtilization(before).utilization > 0.1;
  }
}

function liveHeap(): number {
  if (globalThis.gc === undefined) throw new Error("to be run with --expose-gc");
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}
