// What one process of the evaluate bench does: a whole set, by `system.evaluate` or by hand. Imported in a child process.
import { setTimeout as wait } from "node:timers/promises";
import { performance } from "node:perf_hooks";
import { client } from "../../src/actors/client/client.ts";
import { examples } from "../../src/evaluate/load-examples.ts";
import { exactMatch } from "../../src/evaluate/metrics/text-metrics.ts";
import type { EvaluateOptions } from "../../src/evaluate/evaluation-options.ts";
import type { LmSpec } from "../../src/lm/language-model.ts";
import { openai } from "../../src/lm/openai/openai.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import { signature } from "../../src/signatures/signature.ts";
import { startSystem, type System } from "../../src/system.ts";
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
  const system = await evaluatingSystem(waitingModel(Number(process.env["WAITMS"] ?? 1_000)));
  const set = setOf(count, "yes");
  return measureLoad(() => evaluateAll(system, set, { maxConcurrency: Infinity, keepRows: "failures" }));
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
