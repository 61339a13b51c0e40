// npm run fuzz -- [--calls N] [--seed N]
// Damaged answers to random signatures, in every layout: each must give typed values or a typed error.
import { parseArgs } from "node:util";
import { fuzz } from "../test/adapters/fuzz/fuzz.ts";

const { values } = parseArgs({
  options: { calls: { type: "string", default: "10000" }, seed: { type: "string", default: "1" } },
});
const [calls, seed] = [Number(values.calls), Number(values.seed)];
if (!Number.isInteger(calls) || calls < 1 || !Number.isInteger(seed)) {
  process.stderr.write("fuzz: --calls and --seed take whole numbers\n");
  process.exitCode = 2;
} else {
  const { typed, refused, wrong } = await fuzz(seed, calls);
  for (const each of wrong.slice(0, 20)) process.stdout.write(`${each}\n`);
  process.stdout.write(`${typed} typed values, ${refused} typed errors, ${wrong.length} wrong\n`);
  process.exitCode = wrong.length > 0 ? 1 : 0;
}
