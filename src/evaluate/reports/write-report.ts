import { mkdir } from "node:fs/promises";
import { dirname, extname } from "node:path";
import { describe, UsageError } from "../../foundation/errors.ts";
import { writeWhole } from "../../foundation/write-whole.ts";
import type { EvaluationReport } from "../report.ts";
import { checkReport } from "./check-report.ts";

/** Of its owner alone: reports show what users and models said. */
const MODE = 0o600;

const FORMS: Readonly<Record<string, (report: EvaluationReport, options: object) => string>> = {
  ".html": (report, options) => report.toHtml(options),
  ".csv": (report, options) => without("toCsv", options, report.toCsv),
  ".json": (report, options) => without("toJson", options, report.toJson),
  ".md": (report, options) => report.toMarkdown(options),
  ".xml": (report, options) => report.toJunit(options),
  ".txt": (report, options) => report.toTable(options),
};

function without(form: string, options: object, write: () => string): string {
  if (Object.keys(options).length > 0) throw new UsageError(`writeReport: ${form} takes no options`);
  return write();
}

/**
 * Writes a report to a file that only its owner can read, in the form that the path's ending says: `.html`, `.csv`,
 * `.json`, `.md`, `.xml` (JUnit) or `.txt`. An older file is replaced as a whole. Folders that are missing are made.
 *
 *     await writeReport("runs/dev.html", report, { classes: "answer" });
 *
 * @param options as the form takes them (`toHtml`, `toMarkdown`, …)
 * @throws UsageError for another ending, for options of another form, and for what is no report; Node's error when the file cannot be written (rejects)
 */
export async function writeReport(path: string, report: EvaluationReport, options: object = {}): Promise<void> {
  const form = typeof path === "string" ? FORMS[extname(path).toLowerCase()] : undefined;
  if (form === undefined)
    throw new UsageError(
      `writeReport: the path must end in one of ${Object.keys(FORMS).join(", ")}, got ${describe(path)}`,
    );
  checkReport("writeReport", report);
  const text = form(report, options);
  await mkdir(dirname(path), { recursive: true });
  await writeWhole(path, text.endsWith("\n") ? text : `${text}\n`, MODE);
}
