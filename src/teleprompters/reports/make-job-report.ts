import { INSPECT } from "../../foundation/inspect-symbol.ts";
import type { AnyExample } from "../../evaluate/example.ts";
import { visible } from "../../evaluate/reports/visible-text.ts";
import type { Program } from "../../programs/program.ts";
import type { JobBoard, JobStep } from "../job/job-board.ts";
import { bestOutputsOf } from "./best-outputs.ts";
import { headline } from "./job-figures.ts";
import { jobHtml } from "./job-html.ts";
import { jobJson } from "./job-json.ts";
import { jobMarkdown } from "./job-markdown.ts";
import type { JobReport, JobReportData, JobTableOptions } from "./job-report.ts";
import { jobTable } from "./job-table.ts";
import { lessonEffects } from "./lesson-effects.ts";
import { paretoSet } from "./pareto-set.ts";
import { demoSources, sourcesIn } from "./text-sources.ts";

export interface JobReportFacts {
  readonly name: string;
  readonly teleprompter: string;
  readonly student: Program<never>;
  readonly trainset: readonly AnyExample[];
  readonly valset: readonly AnyExample[] | undefined;
  readonly board: JobBoard;
  readonly result: Program<never> | undefined;
  readonly ms: number;
}

/** Its forms are not enumerable: comparing, spreading and `JSON.stringify` see the facts alone. */
export function jobReport({ board, trainset, valset, ...facts }: JobReportFacts): JobReport {
  const { state, partial, lmCalls, tokens, usd, runs, recorded, notes } = board.status;
  const candidates = Object.freeze([...board.steps]);
  const examples = idsOf(candidates, valset ?? trainset);
  const bestOutputs = bestOutputsOf(candidates, examples);
  const pareto = paretoSet(candidates, examples);
  const lessons = lessonEffects(candidates);
  const { student, result } = facts;
  const chosen = result ?? board.best?.program;
  const data: JobReportData = {
    ...facts,
    state,
    partial,
    candidates,
    best: board.best,
    examples,
    ...(bestOutputs && { bestOutputs }),
    sources: chosen === undefined ? [] : sourcesIn(student, candidates)(chosen),
    demoSources: chosen === undefined ? [] : demoSources(chosen, student),
    ...(pareto && { pareto }),
    ...(lessons && { lessons }),
    usage: Object.freeze({ lmCalls, totalTokens: tokens, usd }),
    runs,
    recorded,
    notes,
  };
  const forms: Readonly<Record<string | symbol, unknown>> = {
    toTable: (options?: JobTableOptions) => jobTable(data, options),
    toMarkdown: (options?: Pick<JobTableOptions, "rows">) => jobMarkdown(data, options),
    toJson: () => jobJson(data),
    toHtml: (options?: object) => jobHtml(data, options),
    [INSPECT]: () => visible(`JobReport ${headline(data)}`),
  };
  const report = { ...data };
  for (const key of Reflect.ownKeys(forms)) Object.defineProperty(report, key, { value: forms[key] });
  // Each form is what the interface says, one line each above.
  return Object.freeze(report) as unknown as JobReport;
}

/** A teleprompter may have compared on a part of its set: then nobody knows which. */
function idsOf(candidates: readonly JobStep[], set: readonly AnyExample[]): readonly string[] | undefined {
  const full = candidates.filter((step) => step.full);
  if (full.length === 0 || full.some(({ scores }) => scores.length !== set.length)) return undefined;
  return Object.freeze(set.map(({ id }) => id));
}
