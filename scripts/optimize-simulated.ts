/**
 * `npm run optimize:simulated [-- --seeds 10 --only simba]`: what optimizers find on a simulated model whose quality is a known
 * function of instructions and demos of two predictors, for some 9,600 calls each. A simulation, and no language model: it shows
 * that they search, not what they would do for a task. Exit code 1 where one of them found less than nine tenths of what it
 * could on average.
 */
import { parseArgs } from "node:util";
import {
  chooseAtRandom,
  measureCopro,
  measureMipro,
  type Measured,
  measureRandomSearch,
  measureSimba,
  shareOf,
} from "../test/teleprompters/simulation/measure.ts";
import { measureGepa, measureGrpo } from "../test/teleprompters/simulation/simulated-texts.ts";
import { simulatedSets } from "../test/teleprompters/simulation/simulated-task.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "10" },
    only: { type: "string", multiple: true },
    trials: { type: "string", default: "60" },
    candidates: { type: "string", default: "6" },
    programs: { type: "string", default: "20" },
    "programs-by-halves": { type: "string", default: "110" },
    steps: { type: "string", default: "8" },
    "metric-calls": { type: "string", default: "1600" },
    "in-flight": { type: "string", default: "4" },
    train: { type: "string", default: "100" },
    val: { type: "string", default: "200" },
  },
});
const number = (name: Exclude<keyof typeof values, "only">): number => Number(values[name]);
const sets = simulatedSets(number("train"), number("val"));
const forMipro = {
  numCandidates: number("candidates"),
  numTrials: number("trials"),
  trialsInFlight: number("in-flight"),
};

interface Optimizer {
  readonly measure: (seed: number) => Promise<Measured>;
  /** Something to hold others against: it need not find much. */
  readonly isControl?: boolean;
}

/** Who adds an optimizer adds a line. */
const OPTIMIZERS: Readonly<Record<string, Optimizer>> = {
  mipro: { measure: (seed) => measureMipro(seed, sets, forMipro) },
  "mipro's parts, put together at random": {
    measure: (seed) => measureMipro(seed, sets, forMipro, chooseAtRandom(seed)),
    isControl: true,
  },
  randomSearch: { measure: (seed) => measureRandomSearch(seed, sets, number("programs")) },
  // Five times as many for as many calls.
  "randomSearch by halves": { measure: (seed) => measureRandomSearch(seed, sets, number("programs-by-halves"), 10) },
  // On a task of its own: texts that feedback improves. The second line is what proposals in turn come to.
  gepa: { measure: (seed) => measureGepa(seed, { maxMetricCalls: number("metric-calls"), proposalsInFlight: 6 }) },
  "gepa, one proposal in flight": {
    measure: (seed) => measureGepa(seed, { maxMetricCalls: number("metric-calls"), proposalsInFlight: 1 }),
    isControl: true,
  },
  // On the same task.
  grpo: { measure: (seed) => measureGrpo(seed, { numSteps: 12, examplesPerStep: 12, groupSize: 8 }) },
  // Breadth and depth for about as many calls as the others have.
  copro: { measure: (seed) => measureCopro(seed, sets, { breadth: 4, depth: 2 }) },
  simba: { measure: (seed) => measureSimba(seed, sets, { maxSteps: number("steps") }) },
};

const wanted = values.only ?? Object.keys(OPTIMIZERS);
const unknown = wanted.filter((name) => !Object.hasOwn(OPTIMIZERS, name));
if (unknown.length > 0)
  throw new Error(`--only ${unknown.join(", ")}: there are ${Object.keys(OPTIMIZERS).join(", ")}`);

const seeds = Array.from({ length: number("seeds") }, (_, at) => at + 1);
const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;
const meanOf = (numbers: readonly number[]): number => numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
const spreadOf = (numbers: readonly number[]): number => {
  const mean = meanOf(numbers);
  const squares = numbers.reduce((sum, each) => sum + (each - mean) ** 2, 0);
  return Math.sqrt(squares / Math.max(1, numbers.length - 1));
};
const line = (cells: readonly (string | number)[]): void =>
  console.log(cells.map((cell) => String(cell).padStart(13)).join(""));

const measured = new Map<string, readonly Measured[]>();
for (const name of wanted) {
  const all: Measured[] = [];
  console.log(`\n${name}`);
  line(["seed", "student", "comes to", "reachable", "of the gain", "calls"]);
  for (const seed of seeds) {
    // The names are among the table's.
    const each = await OPTIMIZERS[name]!.measure(seed);
    all.push(each);
    line([seed, percent(each.before), percent(each.after), percent(each.best), percent(shareOf(each)), each.lmCalls]);
  }
  measured.set(name, all);
}

console.log("\nshare of the reachable gain, over seeds: mean, standard deviation, least; right in; mean calls");
for (const [name, all] of measured) {
  const shares = all.map(shareOf);
  const cells = [percent(meanOf(shares)), percent(spreadOf(shares)), percent(Math.min(...shares))];
  const after = meanOf(all.map((each) => each.after));
  console.log(
    `${name}: ${cells.join(", ")}; ${percent(after)}; ${Math.round(meanOf(all.map(({ lmCalls }) => lmCalls)))}`,
  );
  if (OPTIMIZERS[name]!.isControl !== true && meanOf(shares) < 0.9) process.exitCode = 1;
}

const [first, ...others] = [...measured];
if (first !== undefined && others.length > 0) console.log(`\nbeside ${first[0]}: more points, standard error`);
for (const [name, all] of others) {
  const gains = all.map((each, at) => each.after - first![1][at]!.after);
  const error = spreadOf(gains) / Math.sqrt(gains.length);
  console.log(`${name}: ${(100 * meanOf(gains)).toFixed(1)}, ${(100 * error).toFixed(1)}`);
}
