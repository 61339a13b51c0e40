// Invariants over random scenarios in which steps overlap and supervisors are killed.
import * as fc from "fast-check";
import { runChaos } from "./chaos-run.ts";
import { brokenInvariant } from "./invariants.ts";
import { scenarios } from "./random-case.ts";

export const invariantsProperty = fc.asyncProperty(scenarios({ chaos: true }), async (scenario) => {
  const broken = brokenInvariant(await runChaos(scenario));
  if (broken !== undefined) throw new Error(broken);
});
