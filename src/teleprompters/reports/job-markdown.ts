import { checkOptions, optionNames } from "../../foundation/check-options.ts";
import { counted } from "../../evaluate/reports/figures.ts";
import { markdownTable, markdownText } from "../../evaluate/reports/report-markdown.ts";
import { rowsOption } from "../../evaluate/reports/report-table.ts";
import { CANDIDATE_FIGURES, CANDIDATE_HEAD, candidateCells, figuresOf, ranked } from "./job-figures.ts";
import type { JobReportData, JobTableOptions } from "./job-report.ts";
import { reflectionParts } from "./job-markdown-parts.ts";
import { changesTo } from "./program-changes.ts";

const OPTIONS = optionNames<Pick<JobTableOptions, "rows">>({ rows: true });

/** @throws UsageError for options that make no sense */
export function jobMarkdown(report: JobReportData, options: Pick<JobTableOptions, "rows"> = {}): string {
  checkOptions("toMarkdown", options, OPTIONS);
  const rows = rowsOption("toMarkdown", options);
  const { name, candidates, best, student, result } = report;
  const shown = ranked(candidates).slice(0, rows);
  const rest = candidates.length - shown.length;
  const chosen = result ?? best?.program;
  return `${[
    `## ${markdownText(name)}${best === undefined ? "" : `: ${best.score.toFixed(2)}`}`,
    markdownTable(["", ""], figuresOf(report)),
    ...(shown.length === 0
      ? []
      : [
          "### Candidates",
          markdownTable(
            CANDIDATE_HEAD,
            shown.map((step) => candidateCells(step, best)),
            CANDIDATE_FIGURES,
          ),
        ]),
    ...(rest > 0 ? [`… and ${counted(rest)} more`] : []),
    ...(chosen === undefined
      ? []
      : [`### ${result === undefined ? "The best so far" : "The result"}`, predictorsTable(chosen, student)]),
    ...reflectionParts(report, rows),
  ].join("\n\n")}\n`;
}

function predictorsTable(program: Parameters<typeof changesTo>[0], student: Parameters<typeof changesTo>[0]): string {
  return markdownTable(
    ["predictor", "instructions", "before", "demos", "settings"],
    changesTo(program, student).map(({ path, instructions, before, demos, settings }) => [
      path,
      instructions,
      before === instructions ? "(the same)" : (before ?? "(there was none)"),
      counted(demos.length),
      settings.map(({ name, now }) => `${name}: ${now}`).join("; "),
    ]),
    [false, false, false, true, false],
  );
}
