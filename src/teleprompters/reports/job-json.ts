import { digestOf } from "../../programs/identity/digest-of.ts";
import { parametersOf } from "../../programs/program-parameters.ts";
import type { Program } from "../../programs/program.ts";
import { toSavedJson } from "../../programs/saved/saved-json.ts";
import { shownValue } from "../../evaluate/reports/shown-value.ts";
import type { JobStep } from "../job/job-board.ts";
import type { JobReportData } from "./job-report.ts";

const FORMAT = "dspex/job-report";
/** In the first, each origin had its list of ids in it. */
const VERSION = 2;

/** All that a report holds, as one JSON document. A trial that failed has `null` for its score. */
export function jobJson(report: JobReportData): string {
  const lists = listed();
  const { student, candidates, best, result, bestOutputs, ...figures } = report;
  const value = {
    ...figures,
    best: best?.trial,
    student: programJson(student),
    result: result && programJson(result),
    ...(bestOutputs && { bestOutputs: bestOutputs.map((each) => ({ ...each, outputs: plain(each.outputs) })) }),
    // Their outputs are told once, above.
    candidates: candidates.map(({ program, scores, outputs: _outputs, origins, ...step }) => ({
      ...step,
      ...(origins && { origins: originsJson(origins, lists.of) }),
      scores: scores.map((score) => score ?? null),
      program: programJson(program),
    })),
  };
  const whole = { ...value, exampleLists: lists.all };
  return JSON.stringify({ format: FORMAT, version: VERSION, value: whole }, undefined, 2);
}

/** Lists of ids, each once: a teleprompter may have shown the whole trainset to the writer of every text. */
function listed(): { readonly all: readonly (readonly string[])[]; of(ids: readonly string[]): number } {
  const places = new Map<string, number>();
  const all: (readonly string[])[] = [];
  return {
    all,
    of(ids) {
      const key = JSON.stringify(ids);
      const place = places.get(key) ?? all.push(ids) - 1;
      places.set(key, place);
      return place;
    },
  };
}

function originsJson(origins: NonNullable<JobStep["origins"]>, placeOf: (ids: readonly string[]) => number): object {
  return Object.fromEntries(
    Object.entries(origins).map(([path, { examples, ...origin }]) => [
      path,
      { ...origin, ...(examples && { examples: placeOf(examples) }) },
    ]),
  );
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
