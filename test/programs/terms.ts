import { seededRandom } from "../../src/foundation/random.ts";
import { makeLedger } from "../../src/lm/ledger/ledger.ts";
import { readPolicy } from "../../src/lm/retry/retry-policy.ts";
import { type RunOptions, type RunTerms, runTerms } from "../../src/programs/run-terms.ts";

/** The terms of a run of a test's own. */
export function someTerms(options: RunOptions = {}, now = 0): RunTerms {
  return runTerms(
    options,
    { timeoutMs: Infinity, retry: readPolicy("a test", {}) },
    { now, random: seededRandom(1), nextRunId: () => "r", openLedger: (budget) => makeLedger({ budget }) },
  );
}
