/**
 * `npm run optimize:simulated [-- --seeds 10]`: what mipro and random search find on a simulated model whose quality is a known
 * function of instructions and demos of two predictors. A simulation, and no language model: it shows that they search, not
 * what they would do for a task. Exit code 1 where one of them found less than nine tenths of what it could on average.
 */
import { parseArgs } from "node:util";
import {
  chooseAtRandom,
  measureMipro,
  type Measured,
  measureRandomSearch,
  shareOf,
} from "../test/teleprompters/simulation/measure.ts";
import { simulatedSets } from "../test/teleprompters/simulation/simulated-task.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "10" },
    trials: { type: "string", default: "60" },
    candidates: { type: "string", default: "6" },
    programs: { type: "string", default: "20" },
    "in-flight": { type: "string", default: "4" },
    train: { type: "string", default: "100" },
    val: { type: "string", default: "200" },
  },
});
const number = (name: keyof typeof values): number => Number(values[name]);
const sets = simulatedSets(number("train"), number("val"));
const rows: { readonly seed: number; readonly mipro: Measured; readonly drawn: Measured; readonly random: Measured }[] =
  [];
for (let seed = 1; seed <= number("seeds"); seed += 1) {
  const options = {
    numCandidates: number("candidates"),
    numTrials: number("trials"),
    trialsInFlight: number("in-flight"),
  };
  const mipro = await measureMipro(seed, sets, options);
  const drawn = await measureMipro(seed, sets, options, chooseAtRandom(seed));
  rows.push({ seed, mipro, drawn, random: await measureRandomSearch(seed, sets, number("programs")) });
}

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`.padStart(7);
const line = (cells: readonly string[]): void => console.log(cells.map((cell) => cell.padStart(14)).join(""));
line([
  "seed",
  "student",
  "mipro",
  "reachable",
  "of the gain",
  "calls",
  "random search",
  "reachable",
  "of the gain",
  "calls",
]);
const cellsOf = (each: Measured): readonly string[] => [
  percent(each.after),
  percent(each.best),
  percent(shareOf(each)),
  String(each.lmCalls),
];
for (const { seed, mipro, random } of rows)
  line([String(seed), percent(mipro.before), ...cellsOf(mipro), ...cellsOf(random)]);
type Row = (typeof rows)[number];
const mean = (of: (row: Row) => number): number => rows.reduce((sum, row) => sum + of(row), 0) / rows.length;
const shares = { mipro: mean(({ mipro }) => shareOf(mipro)), random: mean(({ random }) => shareOf(random)) };

function better(than: string, other: (row: Row) => Measured): void {
  const gain = mean((row) => row.mipro.after - other(row).after);
  const squares = rows.reduce((sum, row) => sum + (row.mipro.after - other(row).after - gain) ** 2, 0);
  const error = Math.sqrt(squares / Math.max(1, rows.length - 1) / rows.length);
  const right = percent(mean((row) => other(row).after)).trim();
  console.log(`${than} (${right}) by ${(100 * gain).toFixed(1)} points, standard error ${(100 * error).toFixed(1)}`);
}

console.log(`\nshare of the reachable gain: mipro ${percent(shares.mipro)}, random search ${percent(shares.random)}`);
console.log(`the program of mipro is right in ${percent(mean(({ mipro }) => mipro.after)).trim()}, better than`);
better("random search, for as many calls", ({ random }) => random);
better("mipro's parts, put together at random", ({ drawn }) => drawn);
better("the student", ({ mipro }) => ({ ...mipro, after: mipro.before }));
process.exitCode = Math.min(shares.mipro, shares.random) >= 0.9 ? 0 : 1;
