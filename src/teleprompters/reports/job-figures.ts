import { counted, duration, usageText } from "../../evaluate/reports/figures.ts";
import type { JobPartial, JobStep } from "../job/job-board.ts";
import type { JobReportData } from "./job-report.ts";
import { isExposed } from "./text-sources.ts";

const PARTIAL: Readonly<Record<JobPartial, string>> = {
  budget: "the budget was spent before the search came to its end",
  dry_run: "it was only estimated",
};

/** What a report says in figures, for people: what it is about, and what. */
export function figuresOf(report: JobReportData): readonly (readonly [about: string, text: string])[] {
  const { teleprompter, state, partial, best, candidates, usage, runs, recorded, ms, notes } = report;
  const first = candidates.find(({ full }) => full);
  const from =
    first === undefined || first === best ? "" : `; ${first.name}, the first one, had ${first.score.toFixed(2)}`;
  const full = candidates.filter((step) => step.full).length;
  const part = candidates.length - full;
  const figures: (readonly [string, string | undefined | false])[] = [
    ["teleprompter", teleprompter],
    ["state", state],
    ["partial", partial && PARTIAL[partial]],
    ["best", best && `${best.score.toFixed(2)} (${best.name}, trial ${counted(best.trial)})${from}`],
    ["its texts", textsText(report)],
    ["candidates", `${counted(candidates.length)}${part > 0 ? `, ${counted(full)} of them scored in full` : ""}`],
    ["runs", `${counted(runs)}${recorded > 0 ? `, ${counted(recorded)} of them on record` : ""}`],
    ["usage", usageText(usage)],
    ["time", duration(ms)],
    ...notes.map((note) => ["note", note] as const),
  ];
  return figures.filter((figure): figure is [string, string] => typeof figure[1] === "string" && figure[1] !== "");
}

/** Said in few words wherever the result is: what others wrote may have become an instruction. */
function textsText({ sources, demoSources }: JobReportData): string {
  const exposed = sources.filter(isExposed);
  const seen = new Set(exposed.flatMap(({ examples = [], earlier = [] }) => [...examples, ...earlier])).size;
  const shown = seen === 0 ? "" : `, whose writer was shown ${seen === 1 ? "1 example" : `${counted(seen)} examples`}`;
  const demos = demoSources.reduce((sum, { examples, runs }) => sum + examples + runs, 0);
  const parts = [
    ...(exposed.length > 0 ? [`new: ${exposed.map(({ path }) => path).join(", ")}${shown}`] : []),
    ...(demos > 0 ? [`new demos: ${counted(demos)}`] : []),
  ];
  return parts.length === 0 ? "" : `${parts.join("; ")}: read them before you serve it`;
}

/** The report in one line. */
export function headline(report: JobReportData): string {
  const { name, state, best, candidates, usage } = report;
  const score = best === undefined ? "nothing scored in full" : `best ${best.score.toFixed(2)}`;
  return `${name}: ${state}, ${score}, candidates: ${counted(candidates.length)}, ${usageText(usage)}`;
}

export const CANDIDATE_HEAD = ["trial", "candidate", "score", "scored on", "from", "note", "LM calls"] as const;
/** Which of its columns are figures. */
export const CANDIDATE_FIGURES: readonly boolean[] = [true, false, true, false, false, false, true];

export function candidateCells(step: JobStep, best: JobStep | undefined): readonly string[] {
  const { trial, name, score, full, scores, parents, note = "", lmCalls } = step;
  return [
    counted(trial),
    step === best ? `${name} (best)` : name,
    score.toFixed(2),
    full ? "all" : counted(scores.length),
    parents.join(", "),
    note,
    counted(lmCalls),
  ];
}

/** The best first: those that were scored in full before the others, of equals the first. */
export function ranked(candidates: readonly JobStep[]): readonly JobStep[] {
  return candidates.toSorted((a, b) => Number(b.full) - Number(a.full) || b.score - a.score || a.trial - b.trial);
}
