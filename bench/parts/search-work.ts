// What one process of the compile bench does beside DSPy's, or beside itself: a whole search on the server that answers by luck.
import { client } from "../../src/actors/client/client.ts";
import { examples } from "../../src/evaluate/load-examples.ts";
import { exactMatch } from "../../src/evaluate/metrics/text-metrics.ts";
import { openai } from "../../src/lm/openai/openai.ts";
import { program } from "../../src/programs/composed-program.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import { signature } from "../../src/signatures/signature.ts";
import { startSystem, type System } from "../../src/system.ts";
import { randomSearch } from "../../src/teleprompters/few-shot/random-search.ts";
import { gepa } from "../../src/teleprompters/gepa/gepa.ts";
import { grpo } from "../../src/teleprompters/grpo/grpo.ts";
import type { JobHandle } from "../../src/teleprompters/job/job-handle.ts";
import { mipro } from "../../src/teleprompters/mipro/mipro.ts";
import { question, rightAnswer } from "./question.ts";

const QA = signature("question -> answer");
const METRIC = exactMatch("answer");

const [TRAIN, VAL] = [100, 100];
const rows = Array.from({ length: TRAIN + VAL }, (_, at) => ({ question: question(at), answer: rightAnswer(at) }));
const sets = { trainset: examples(QA, rows.slice(0, TRAIN)), valset: examples(QA, rows.slice(TRAIN)) };

const FORTY = examples(QA, rows.slice(0, 40));

/** Of two predictors, the second of which is told what the first one says. */
const TWO_STEPS = program({
  name: "two steps",
  version: 1,
  parts: { find: predict(signature("question -> hint")), respond: predict(signature("question, hint -> answer")) },
  async forward(parts, inputs: { question: string }) {
    const { hint } = await parts.find(inputs);
    return parts.respond({ ...inputs, hint });
  },
});

export interface Searched {
  readonly wallMs: number;
  /** From the first candidate's score on: without what is prepared. */
  readonly trialsMs: number;
  readonly lmCalls: number;
  readonly score: number;
  /** Of each candidate, as it is called: its score and whether each example was right. */
  readonly candidates: Readonly<Record<string, { readonly score: number; readonly rights: readonly boolean[] }>>;
  /** Of each candidate, in order. */
  readonly instructions: readonly string[];
  /** Of the result's predictors, in order: questions and answers. */
  readonly demos: readonly (readonly (readonly [unknown, unknown])[])[];
}

/** bootstrapFewShot with random search: eight candidates besides the three that are always tried. */
export async function searchedAtRandom(baseURL: string, maxConcurrency: number): Promise<Searched> {
  const teleprompter = randomSearch<{ question: string }, { answer: string }>({
    metric: METRIC,
    numCandidatePrograms: 8,
  });
  return measured(baseURL, maxConcurrency, (system) =>
    system.compile(teleprompter, predict(QA), { ...sets, maxConcurrency }),
  );
}

/** A whole light compile of one predictor. */
export async function searchedByMipro(baseURL: string, maxConcurrency: number, trialsInFlight: number) {
  const teleprompter = mipro<{ question: string }, { answer: string }>({
    metric: METRIC,
    auto: "light",
    trialsInFlight,
  });
  return measured(baseURL, maxConcurrency, (system) =>
    system.compile(teleprompter, predict(QA), { ...sets, maxConcurrency }),
  );
}

/** Thirty trials of two predictors. */
export async function trialsOfMipro(baseURL: string, permits: number, trialsInFlight: number): Promise<Searched> {
  const options = { numCandidates: 6, numTrials: 30, trialsInFlight, dataAwareProposer: false };
  const teleprompter = mipro<{ question: string }, { answer: string }>({ metric: METRIC, ...options });
  return measured(baseURL, permits, (system) =>
    system.compile(teleprompter, TWO_STEPS, { ...sets, maxConcurrency: permits }),
  );
}

/** As many metric calls as DSPy's was measured with, on a set of 40 that is both. */
export async function searchedByGepa(
  baseURL: string,
  maxConcurrency: number,
  proposalsInFlight: number,
): Promise<Searched> {
  const options = { maxMetricCalls: 400, proposalsInFlight, seed: 0 };
  const teleprompter = gepa<{ question: string }, { answer: string }>({ metric: METRIC, ...options });
  return measured(baseURL, maxConcurrency, (system) =>
    system.compile(teleprompter, predict(QA), { trainset: FORTY, valset: FORTY, maxConcurrency }),
  );
}

/** Four steps of 64 examples, each run eight times; compared on forty. */
export const GRPO = { numSteps: 4, examplesPerStep: 64, groupSize: 8 };

export async function searchedByGrpo(baseURL: string, permits: number): Promise<Searched> {
  const teleprompter = grpo<{ question: string }, { answer: string }>({ metric: METRIC, ...GRPO });
  return measured(baseURL, permits, (system) =>
    system.compile(teleprompter, predict(QA), {
      trainset: sets.trainset,
      valset: FORTY,
      maxConcurrency: permits,
    }),
  );
}

async function measured(
  baseURL: string,
  permits: number,
  start: (system: System) => Promise<JobHandle>,
): Promise<Searched> {
  const lm = openai("bench", { baseURL, apiKey: "none" });
  const system = await startSystem({
    children: [client({ name: "main", lm, limits: { concurrency: permits } })],
    cache: false,
    logging: false,
  });
  const from = performance.now();
  const handle = await start(system);
  const candidates: Record<string, { score: number; rights: readonly boolean[] }> = {};
  let preparedAt: number | undefined;
  const instructions: string[] = [];
  for await (const { name, score, scores, program: candidate } of handle.steps()) {
    preparedAt ??= performance.now();
    instructions.push(Object.values(candidate.predictors())[0]?.signature.instructions ?? "");
    candidates[name] = { score, rights: scores.map((each) => (each ?? 0) > 0) };
  }
  const better = await handle.result();
  const until = performance.now();
  const { lmCalls, best } = handle.status();
  const demos = Object.values(better.predictors()).map((each) =>
    each.demos.map(({ question: asked, answer }) => [asked, answer] as const),
  );
  await system.stop();
  const times = { wallMs: until - from, trialsMs: until - (preparedAt ?? from) };
  return { ...times, lmCalls, score: best ?? 0, candidates, instructions, demos };
}
