import { INSPECT } from "../../foundation/inspect-symbol.ts";
import type { EvaluationReport, ReportData } from "../report.ts";
import { headline } from "./figures.ts";
import { reportCsv } from "./report-csv.ts";
import { reportHtml } from "./report-html.ts";
import { reportJson } from "./report-json.ts";
import { reportJunit } from "./report-junit.ts";
import { reportMarkdown } from "./report-markdown.ts";
import { reportTable } from "./report-table.ts";
import { visible } from "./visible-text.ts";

/** The report of these facts. Its forms are not enumerable: comparing, spreading and `JSON.stringify` see the facts alone. */
export function evaluationReport(data: ReportData): EvaluationReport {
  const forms: Readonly<Record<string | symbol, unknown>> = {
    toTable: (options?: object) => reportTable(data, options),
    toCsv: () => reportCsv(data),
    toJson: () => reportJson(data),
    toMarkdown: (options?: object) => reportMarkdown(data, options),
    toJunit: (options?: object) => reportJunit(data, options),
    toHtml: (options?: object) => reportHtml(data, options),
    // A thousand rows are nothing to print; there is `toTable` for them.
    [INSPECT]: () => visible(`EvaluationReport ${headline(data)}`),
  };
  const report = { ...data };
  for (const key of Reflect.ownKeys(forms)) Object.defineProperty(report, key, { value: forms[key] });
  // Each form is what the interface says, one line each above.
  return Object.freeze(report) as unknown as EvaluationReport;
}
