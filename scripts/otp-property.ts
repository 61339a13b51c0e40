// npm run otp:property -- [--cases N] [--seed S]
// Random supervision trees on the real runtime: against an independent model of OTP, and against invariants.
import * as fc from "fast-check";
import { parseArgs } from "node:util";
import { invariantsProperty } from "../test/otp/model/invariants-property.ts";
import { modelProperty } from "../test/otp/model/model-property.ts";
import type { Scenario } from "../test/otp/model/random-case.ts";

const USAGE = `Usage: npm run otp:property -- [--cases N] [--seed S]

Plays random supervision trees and steps on this runtime, N for each property, and shrinks what fails.
  --cases N   how many for each property (default 10000)
  --seed S    which ones: the same seed gives the same cases (default: another one each time)
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      cases: { type: "string", default: "10000" },
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
  const same = await run("as the model", modelProperty, numRuns, seed);
  const sound = await run("invariants", invariantsProperty, numRuns, seed);
  return same && sound ? 0 : 1;
}

function whole(given: string, option: string, least: number): number {
  const number = Number(given);
  if (!Number.isInteger(number) || number < least) throw new Error(`${option} takes a whole number, got "${given}"`);
  return number;
}

async function run(
  name: string,
  property: fc.IAsyncPropertyWithHooks<[Scenario]>,
  numRuns: number,
  seed: number,
): Promise<boolean> {
  const begun = process.hrtime.bigint();
  const details = await fc.check(property, { numRuns, seed, maxSkipsPerRun: 1 });
  const seconds = (Number(process.hrtime.bigint() - begun) / 1e9).toFixed(1);
  if (!details.failed) {
    process.stdout.write(`${name}: ${details.numRuns} cases held, seed ${seed}, ${seconds} s\n`);
    return true;
  }
  const { errorInstance, counterexample, numShrinks } = details;
  const why = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
  process.stdout.write(`${name}: FAILED at case ${details.numRuns}, seed ${seed}, shrunk ${numShrinks} times\n`);
  process.stdout.write(`  ${why}\n  ${JSON.stringify(counterexample?.[0])}\n`);
  return false;
}

try {
  process.exitCode = await main();
} catch (thrown) {
  process.stderr.write(`otp:property: ${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  process.exitCode = 2;
}
