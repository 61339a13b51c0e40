import { checkOptions, optionNames } from "../../foundation/check-options.ts";
import type { HtmlOptions, ReportData } from "../report.ts";
import { pageData } from "./page-data.ts";
import { PAGE_SCRIPT } from "./page-script.ts";
import { PAGE_STYLE } from "./page-style.ts";
import { rowsOption } from "./report-table.ts";
import { reportPage } from "./report-page.ts";

const OPTIONS = optionNames<HtmlOptions>({ classes: true });

/** @throws UsageError for options that there are none of, and for `classes` that no row has a label of */
export function reportHtml(report: ReportData, options: HtmlOptions = {}): string {
  checkOptions("toHtml", options, OPTIONS);
  rowsOption("toHtml", options);
  return reportPage({
    title: `${report.name}: ${report.score.toFixed(2)}`,
    style: PAGE_STYLE,
    script: PAGE_SCRIPT,
    data: pageData(report, options),
  });
}
