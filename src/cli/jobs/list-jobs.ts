import { relative } from "node:path";
import { counted } from "../../evaluate/reports/figures.ts";
import { grid, type GridColumn } from "../../evaluate/reports/grid.ts";
import type { CliWorld } from "../cli-world.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { findJobs } from "./find-jobs.ts";
import { bestOf, standOf } from "./job-words.ts";

const WIDTH = 100;

const COLUMNS: readonly GridColumn[] = [
  { name: "folder", align: "left", flexible: "cut" },
  { name: "job", align: "left", flexible: "drop" },
  { name: "state", align: "left", flexible: "cut" },
  { name: "steps", align: "right", flexible: false },
  { name: "best", align: "right", flexible: false },
  { name: "LM calls", align: "right", flexible: "drop" },
];

/** The jobs in a folder and below, in a table. */
export async function listJobs(typed: string, { cwd, out }: CliWorld): Promise<ExitCode> {
  const jobs = await findJobs(typed, cwd);
  if (jobs.length === 0) {
    out.write(`there is no job in ${typed}\n`);
    return EXIT.ok;
  }
  const rows = jobs.map((seen) => [
    relative(cwd, seen.folder) || ".",
    seen.name,
    standOf(seen),
    counted(seen.steps.length),
    bestOf(seen)?.toFixed(2) ?? "",
    counted(seen.spent.lmCalls),
  ]);
  out.write(`${grid(COLUMNS, rows, out.columns ?? WIDTH).text}\n`);
  return EXIT.ok;
}
