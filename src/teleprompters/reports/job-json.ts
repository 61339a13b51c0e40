import { digestOf } from "../../programs/identity/digest-of.ts";
import { parametersOf } from "../../programs/program-parameters.ts";
import type { Program } from "../../programs/program.ts";
import { toSavedJson } from "../../programs/saved/saved-json.ts";
import { shownValue } from "../../evaluate/reports/shown-value.ts";
import type { JobReportData } from "./job-report.ts";

const FORMAT = "dspex/job-report";
const VERSION = 1;

/** All that a report holds, as one JSON document. A trial that failed has `null` for its score. */
export function jobJson(report: JobReportData): string {
  const { student, candidates, best, result, bestOutputs, ...figures } = report;
  const value = {
    ...figures,
    best: best?.trial,
    student: programJson(student),
    result: result && programJson(result),
    ...(bestOutputs && { bestOutputs: bestOutputs.map((each) => ({ ...each, outputs: plain(each.outputs) })) }),
    // Their outputs are told once, above.
    candidates: candidates.map(({ program, scores, outputs: _outputs, ...step }) => ({
      ...step,
      scores: scores.map((score) => score ?? null),
      program: programJson(program),
    })),
  };
  return JSON.stringify({ format: FORMAT, version: VERSION, value }, undefined, 2);
}

function programJson(program: Program<never>): object {
  const predictors = Object.entries(program.predictors()).map(
    ([path, { signature, demos }]) =>
      [path, { instructions: signature.instructions, demos: demos.map(plain) }] as const,
  );
  const parameters = parametersOf(program);
  return {
    name: program.name,
    digest: digestOf(program),
    predictors: Object.fromEntries(predictors),
    ...(Object.keys(parameters).length > 0 && { parameters }),
  };
}

/** What is no data is told in words. */
function plain(value: unknown): unknown {
  try {
    return toSavedJson(value, "a value");
  } catch {
    return shownValue(value);
  }
}
