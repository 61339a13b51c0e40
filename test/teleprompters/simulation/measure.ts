import { compile } from "../../../src/teleprompters/job/compile.ts";
import { randomSearch } from "../../../src/teleprompters/few-shot/random-search.ts";
import type { JobStep } from "../../../src/teleprompters/job/job-board.ts";
import { mipro } from "../../../src/teleprompters/mipro/mipro.ts";
import { type MiproOptions, miproRules } from "../../../src/teleprompters/mipro/mipro-options.ts";
import { keyOfPicks } from "../../../src/teleprompters/mipro/choice-space.ts";
import type { Choose } from "../../../src/teleprompters/mipro/mipro-trials.ts";
import { suggest } from "../../../src/teleprompters/tpe-sampler.ts";
import { pythonRandom } from "../../../src/foundation/python-random.ts";
import { miproSearch } from "../../../src/teleprompters/mipro/mipro-search.ts";
import { copro } from "../../../src/teleprompters/copro/copro.ts";
import type { CoproOptions } from "../../../src/teleprompters/copro/copro-options.ts";
import { simba } from "../../../src/teleprompters/simba/simba.ts";
import type { SimbaOptions } from "../../../src/teleprompters/simba/simba-options.ts";
import type { Search, Teleprompter } from "../../../src/teleprompters/teleprompter.ts";
import { metric, quality, reachable, simulatedModel, type SimulatedSets, student } from "./simulated-task.ts";

type Labels = { answer: string };
type Inputs = { question: string };

export interface Measured {
  readonly before: number;
  readonly after: number;
  /** Of what there was to choose from. */
  readonly best: number;
  readonly lmCalls: number;
}

/** The share of the reachable gain that was found. */
export function shareOf({ before, after, best }: Measured): number {
  return (after - before) / (best - before);
}

export async function measureMipro(
  seed: number,
  sets: SimulatedSets,
  options: Omit<MiproOptions<Inputs, Labels>, "metric">,
  choose?: Choose,
): Promise<Measured> {
  const all = { ...options, metric, seed };
  const rules = miproRules("mipro", all);
  let best = 0;
  const teleprompter: Teleprompter<Inputs, Labels> = {
    ...mipro<Inputs, Labels>(all),
    search: (search: Search) =>
      miproSearch(search, rules, {
        choose,
        prepared({ instructions, demoSets }) {
          best = reachable(seed, instructions, demoSets);
        },
      }),
  };
  const { after, lmCalls } = await run(seed, sets, teleprompter);
  return { before: quality(seed, student), after, best, lmCalls };
}

/** What the sampler is held against: the same trials, of the same parts, without learning from any. */
export function chooseAtRandom(seed: number): Choose {
  const random = pythonRandom(seed);
  return ({ space, settled }) => {
    for (;;) {
      const picks = space.first(suggest([], space.choices, random));
      if (!settled.has(keyOfPicks(picks))) return picks;
    }
  };
}

/** Its choice is among whole candidates. */
export async function measureRandomSearch(
  seed: number,
  sets: SimulatedSets,
  candidates: number,
  minibatchSize?: number,
): Promise<Measured> {
  const teleprompter = randomSearch<Inputs, Labels>({
    metric,
    numCandidatePrograms: candidates,
    minibatchSize,
    maxBootstrappedDemos: 4,
    maxLabeledDemos: 4,
  });
  const { after, lmCalls, steps } = await run(seed, sets, teleprompter);
  const best = Math.max(...steps.map(({ program }) => quality(seed, program)));
  return { before: quality(seed, student), after, best, lmCalls };
}

/** Its choice is among whole programs, too: all that it made. */
export async function measureSimba(
  seed: number,
  sets: SimulatedSets,
  options: Omit<SimbaOptions<Inputs, Labels>, "metric">,
): Promise<Measured> {
  const { after, lmCalls, steps } = await run(seed, sets, simba<Inputs, Labels>({ ...options, metric, seed }));
  const best = Math.max(...steps.map(({ program }) => quality(seed, program)));
  return { before: quality(seed, student), after, best, lmCalls };
}

/** Its choice is among whole programs as well. */
export async function measureCopro(
  seed: number,
  sets: SimulatedSets,
  options: Omit<CoproOptions<Inputs, Labels>, "metric">,
): Promise<Measured> {
  const { after, lmCalls, steps } = await run(seed, sets, copro<Inputs, Labels>({ ...options, metric }));
  const best = Math.max(...steps.map(({ program }) => quality(seed, program)));
  return { before: quality(seed, student), after, best, lmCalls };
}

async function run(
  seed: number,
  sets: SimulatedSets,
  teleprompter: Teleprompter<Inputs, Labels>,
): Promise<{ readonly after: number; readonly lmCalls: number; readonly steps: readonly JobStep[] }> {
  const handle = compile(teleprompter, student, { ...sets, clients: { main: simulatedModel(seed) } });
  const program = await handle.result();
  const steps: JobStep[] = [];
  for await (const step of handle.steps()) steps.push(step);
  return { after: quality(seed, program), lmCalls: handle.status().lmCalls, steps };
}
