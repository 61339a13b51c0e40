/**
 * `npm run optimize:simulated [-- --seeds 10]`: what mipro and random search find on a simulated model whose quality is a known
 * function of instructions and demos of two predictors. A simulation, and no language model: it shows that they search, not
 * what they would do for a task. Exit code 1 where one of them found less than nine tenths of what it could on average.
 */
import { parseArgs } from "node:util";
import { measureMipro, type Measured, measureRandomSearch, shareOf } from "../test/teleprompters/simulation/measure.ts";
import { simulatedSets } from "../test/teleprompters/simulation/simulated-task.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "10" },
    trials: { type: "string", default: "60" },
    candidates: { type: "string", default: "6" },
    programs: { type: "string", default: "40" },
    "in-flight": { type: "string", default: "4" },
    train: { type: "string", default: "100" },
    val: { type: "string", default: "200" },
  },
});
const number = (name: keyof typeof values): number => Number(values[name]);
const sets = simulatedSets(number("train"), number("val"));
const rows: { readonly seed: number; readonly mipro: Measured; readonly random: Measured }[] = [];
for (let seed = 1; seed <= number("seeds"); seed += 1) {
  const mipro = await measureMipro(seed, sets, {
    numCandidates: number("candidates"),
    numTrials: number("trials"),
    trialsInFlight: number("in-flight"),
  });
  rows.push({ seed, mipro, random: await measureRandomSearch(seed, sets, number("programs")) });
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
const mean = (of: (row: (typeof rows)[number]) => number): number =>
  rows.reduce((sum, row) => sum + of(row), 0) / rows.length;
const shares = { mipro: mean(({ mipro }) => shareOf(mipro)), random: mean(({ random }) => shareOf(random)) };
const gains = rows.map(({ mipro, random }) => mipro.after - random.after);
const gain = mean(({ mipro, random }) => mipro.after - random.after);
const deviation = Math.sqrt(gains.reduce((sum, each) => sum + (each - gain) ** 2, 0) / Math.max(1, rows.length - 1));
console.log(`\nshare of the reachable gain: mipro ${percent(shares.mipro)}, random search ${percent(shares.random)}`);
console.log(
  `the program is right: mipro ${percent(mean(({ mipro }) => mipro.after))}, random search ${percent(mean(({ random }) => random.after))}`,
);
console.log(
  `mipro is better by ${(100 * gain).toFixed(1)} points (standard error ${((100 * deviation) / Math.sqrt(rows.length)).toFixed(1)})`,
);
process.exitCode = Math.min(shares.mipro, shares.random) >= 0.9 ? 0 : 1;
