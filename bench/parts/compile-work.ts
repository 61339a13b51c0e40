// What one process of the compile bench does: a job of many trials. Imported in a child process.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { client } from "../../src/actors/client/client.ts";
import { examples } from "../../src/evaluate/load-examples.ts";
import { exactMatch } from "../../src/evaluate/metrics/text-metrics.ts";
import { openai } from "../../src/lm/openai/openai.ts";
import { program } from "../../src/programs/composed-program.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import type { Program } from "../../src/programs/program.ts";
import { signature } from "../../src/signatures/signature.ts";
import { startSystem } from "../../src/system.ts";
import { evaluateRivals } from "../../src/teleprompters/candidate-score.ts";
import { compile } from "../../src/teleprompters/job/compile.ts";
import type { Search, Teleprompter } from "../../src/teleprompters/teleprompter.ts";
import { CALLERS } from "./callers.ts";
import { inFlight } from "./in-flight.ts";
import { type Load, measureLoad } from "./load.ts";
import { question, rightAnswer } from "./question.ts";

const QA = signature("question -> answer");
const METRIC = exactMatch("answer");
type Climb = Teleprompter<{ question: string }, { answer: string }>;

/** So many steps one after the other, each with so many rivals on all examples. */
function climb(steps: number, rivals: number): Climb {
  return {
    kind: "climb",
    version: 1,
    settings: { steps, rivals },
    metric: METRIC,
    async search(search: Search): Promise<Program<never>> {
      for (let step = 0; step < steps; step += 1) {
        const programs = Array.from({ length: rivals }, (_, rival) =>
          told(search.student, `Step ${step}, way ${rival}.`),
        );
        const scored = await evaluateRivals(search, programs, search.trainset, {
          about: `step ${step}`,
          metric: METRIC,
        });
        for (const [rival, each] of scored.entries())
          search.scored({ name: `${step}.${rival}`, program: programs[rival] as Program<never>, ...each });
      }
      return search.student;
    },
  };
}

function told(student: Program<never>, instructions: string): Program<never> {
  const edits = Object.entries(student.predictors()).map(
    ([path, each]) => [path, each.with({ instructions })] as const,
  );
  return student.withPredictors(Object.fromEntries(edits));
}

function setOf(count: number, answer?: string) {
  return examples(
    QA,
    Array.from({ length: count }, (_, index) => ({ question: question(index), answer: answer ?? rightAnswer(index) })),
  );
}

export interface Rivals {
  readonly baseURL: string;
  readonly rivals: number;
  readonly examples: number;
  readonly permits: number;
}

/** The yardstick: as many calls of the openai package on our transport. */
export async function bareCalls({ baseURL, rivals, examples: count, permits }: Rivals): Promise<Load> {
  const { call, stop } = await CALLERS.floor(baseURL);
  await inFlight(50, 10, call);
  const load = await measureLoad(() => inFlight(rivals * count, permits, call));
  await stop();
  return load;
}

/** So many programs side by side as a job of a system, its journal on. */
export async function rivalsInJob({ baseURL, rivals, examples: count, permits }: Rivals): Promise<Load> {
  const lm = openai("bench", { baseURL, apiKey: "none" });
  const system = await startSystem({
    children: [client({ name: "main", lm, limits: { concurrency: permits } })],
    cache: false,
    logging: false,
  });
  const folder = await mkdtemp(join(tmpdir(), "dspex-bench-"));
  const trainset = setOf(count);
  const go = async (name: string, many: number): Promise<void> => {
    const options = { trainset, name, folder: join(folder, name), maxConcurrency: permits };
    await (await system.compile(climb(1, many), predict(QA), options)).result();
  };
  await go("warm", 1);
  const load = await measureLoad(() => go("measured", rivals));
  await system.stop();
  await rm(folder, { recursive: true });
  return load;
}

/** It asks no model, so that what is kept is most of what there is to be done. */
const ECHO = program({
  name: "echo",
  parts: { ask: predict(QA) },
  version: 1,
  forward: (_parts, _inputs: { question: string }) => ({ answer: "yes" }),
});

/** µs of CPU of a trial without a folder and with one, in turns. */
export async function journalCost(steps: number, trials: number, rounds: number) {
  const root = await mkdtemp(join(tmpdir(), "dspex-bench-"));
  const trainset = setOf(trials, "yes");
  const cost = async (folder?: string): Promise<number> => {
    const cpu = process.cpuUsage();
    await compile(climb(steps, 1), ECHO, {
      trainset,
      maxConcurrency: 128,
      clients: {},
      ...(folder && { folder }),
    }).result();
    const { user, system } = process.cpuUsage(cpu);
    return (user + system) / (steps * trials);
  };
  const [plain, kept]: [number[], number[]] = [[], []];
  for (let round = -1; round < rounds; round += 1) {
    const [without, withIt] = [await cost(), await cost(join(root, `job-${round + 1}`))];
    if (round < 0) continue;
    plain.push(without);
    kept.push(withIt);
  }
  await rm(root, { recursive: true });
  return { plain, kept };
}

/** A job of many steps, in a folder that is there, or is made so. */
export async function longJob(folder: string, steps: number, trials: number): Promise<Load> {
  const trainset = setOf(trials, "yes");
  return measureLoad(() =>
    compile(climb(steps, 1), ECHO, { trainset, maxConcurrency: 128, clients: {}, folder }).result(),
  );
}
