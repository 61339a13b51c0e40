import { checkNumber, checkOptions, optionNames, WHOLE_ABOVE_0 } from "../../foundation/check-options.ts";
import { counted } from "../../evaluate/reports/figures.ts";
import type { GridColumn } from "../../evaluate/reports/grid.ts";
import { figureLines, NARROWEST, rowsOption, titledGrid, WIDTH } from "../../evaluate/reports/report-table.ts";
import { CANDIDATE_FIGURES, CANDIDATE_HEAD, candidateCells, figuresOf, ranked } from "./job-figures.ts";
import type { JobReportData, JobTableOptions } from "./job-report.ts";

const OPTIONS = optionNames<JobTableOptions>({ rows: true, width: true });

/** @throws UsageError for options that make no sense */
export function jobTable(report: JobReportData, options: JobTableOptions = {}): string {
  checkOptions("toTable", options, OPTIONS);
  const rows = rowsOption("toTable", options);
  const { width = WIDTH } = options;
  checkNumber("toTable", "width", width, WHOLE_ABOVE_0);
  const { candidates, best } = report;
  const shown = ranked(candidates).slice(0, rows);
  const rest = candidates.length - shown.length;
  const columns = CANDIDATE_HEAD.map((name, at): GridColumn => {
    const align = CANDIDATE_FIGURES[at] === true ? "right" : "left";
    if (name === "score" || name === "trial") return { name, align, flexible: false };
    return { name, align, flexible: name === "candidate" ? "cut" : "drop" };
  });
  // A column that all leave empty is left out.
  const cells = shown.map((step) => candidateCells(step, best));
  const kept = columns.flatMap((_, at) => (cells.some((row) => row[at] !== "") ? [at] : []));
  const table =
    shown.length === 0
      ? []
      : [
          titledGrid(
            "Candidates",
            kept.map((at) => columns[at] as GridColumn),
            cells.map((row) => kept.map((at) => row[at] ?? "")),
            Math.max(NARROWEST, width),
          ) + (rest > 0 ? `\n… and ${counted(rest)} more` : ""),
        ];
  return [figureLines([["job", report.name], ...figuresOf(report)]), ...table].join("\n\n");
}
