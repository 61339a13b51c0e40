import { checkOptions } from "../../foundation/check-options.ts";
import { PAGE_STYLE } from "../../evaluate/reports/page-style.ts";
import { reportPage } from "../../evaluate/reports/report-page.ts";
import { jobPageData } from "./job-page-data.ts";
import { JOB_PAGE_SCRIPT } from "./job-page-script.ts";
import { JOB_PAGE_STYLE } from "./job-page-style.ts";
import type { JobReportData } from "./job-report.ts";

/** The evaluation's page with other parts: the same policy, and all texts as data. @throws UsageError for options */
export function jobHtml(report: JobReportData, options: object = {}): string {
  checkOptions("toHtml", options, []);
  const { name, best } = report;
  return reportPage({
    title: best === undefined ? name : `${name}: ${best.score.toFixed(2)}`,
    style: PAGE_STYLE + JOB_PAGE_STYLE,
    script: JOB_PAGE_SCRIPT,
    data: jobPageData(report),
  });
}
