// npm run programs:property -- [--cases N] [--seed S]
// Random programs through files of their own, and random edits against digests.
import * as fc from "fast-check";
import { parseArgs } from "node:util";
import { digestProperty, savedProperty } from "../test/programs/identity/program-property.ts";

const USAGE = `Usage: npm run programs:property -- [--cases N] [--seed S]

Saves and loads random programs and edits them at random, N for each property, and shrinks what fails.
  --cases N   how many for each property (default 2000)
  --seed S    which ones: the same seed gives the same cases (default: another one each time)
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      cases: { type: "string", default: "2000" },
      seed: { type: "string", default: String(Date.now() % 2 ** 31) },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const numRuns = whole(values.cases, "--cases", 1);
  const seed = whole(values.seed, "--seed", 0);
  const saved = await run("saved and loaded", savedProperty, numRuns, seed);
  const told = await run("edits and digests", digestProperty, numRuns, seed);
  return saved && told ? 0 : 1;
}

function whole(given: string, option: string, least: number): number {
  const number = Number(given);
  if (!Number.isInteger(number) || number < least) throw new Error(`${option} takes a whole number, got "${given}"`);
  return number;
}

async function run<Case>(
  name: string,
  property: fc.IAsyncProperty<Case>,
  numRuns: number,
  seed: number,
): Promise<boolean> {
  const begun = process.hrtime.bigint();
  const details = await fc.check(property, { numRuns, seed });
  const seconds = (Number(process.hrtime.bigint() - begun) / 1e9).toFixed(1);
  if (!details.failed) {
    process.stdout.write(`${name}: ${details.numRuns} cases held, seed ${seed}, ${seconds} s\n`);
    return true;
  }
  const { errorInstance, numShrinks } = details;
  const why = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
  process.stdout.write(
    `${name}: FAILED at case ${details.numRuns}, seed ${seed}, shrunk ${numShrinks} times\n  ${why}\n`,
  );
  return false;
}

try {
  process.exitCode = await main();
} catch (thrown) {
  process.stderr.write(`programs:property: ${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  process.exitCode = 2;
}
