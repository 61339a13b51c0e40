import { counted, usageText } from "../../evaluate/reports/figures.ts";
import type { GridColumn } from "../../evaluate/reports/grid.ts";
import { figureLines, titledGrid } from "../../evaluate/reports/report-table.ts";
import type { JobSeen } from "../../teleprompters/job/look-at-job.ts";
import type { CliWorld } from "../cli-world.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { jobIn } from "./find-jobs.ts";
import { bestOf, standOf } from "./job-words.ts";

const WIDTH = 100;

const COLUMNS: readonly GridColumn[] = [
  { name: "trial", align: "right", flexible: false },
  { name: "candidate", align: "left", flexible: "cut" },
  { name: "score", align: "right", flexible: false },
  { name: "scored on", align: "left", flexible: "drop" },
  { name: "LM calls", align: "right", flexible: "drop" },
  { name: "program", align: "left", flexible: "drop" },
];

/** What a job has come to, and what its results rest on. */
export async function showJob(typed: string, { cwd, out }: CliWorld): Promise<ExitCode> {
  const seen = await jobIn(typed, cwd);
  out.write(`${figureLines(figuresOf(seen, typed))}\n`);
  if (seen.steps.length === 0) return EXIT.ok;
  const rows = seen.steps.map(({ trial, name, score, full, lmCalls, program }) => [
    counted(trial),
    name,
    score.toFixed(2),
    full ? "all" : "a part",
    counted(lmCalls),
    program,
  ]);
  out.write(`\n${titledGrid("Candidates", COLUMNS, rows, out.columns ?? WIDTH)}\n`);
  return EXIT.ok;
}

function figuresOf(seen: JobSeen, typed: string): readonly (readonly [string, string])[] {
  const { name, grounds, runs, spent, outcome, steps } = seen;
  const best = bestOf(seen);
  const { lmCalls, tokens: totalTokens, usd } = spent;
  return [
    ["job", name],
    ["folder", typed],
    ["state", standOf(seen)],
    ...(outcome?.why === undefined ? [] : [["why", outcome.why] as const]),
    ...(best === undefined ? [] : [["best", best.toFixed(2)] as const]),
    ["candidates", counted(steps.length)],
    ["runs", `${counted(runs)} on record`],
    ["usage", usageText({ lmCalls, totalTokens, usd })],
    // Digests: whoever gets another one has another job.
    ...Object.entries(grounds).map(([what, digest]) => [what, digest] as const),
  ];
}
