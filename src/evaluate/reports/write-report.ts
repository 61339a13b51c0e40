import { mkdir } from "node:fs/promises";
import { dirname, extname } from "node:path";
import { describe, UsageError } from "../../foundation/errors.ts";
import { writeWhole } from "../../foundation/write-whole.ts";
import { notReport } from "./check-report.ts";

/** Of its owner alone: reports show what users and models said. */
const MODE = 0o600;

/** What can be written: a report of an evaluation, or of a job. */
interface Written {
  toHtml(options?: object): string;
  toCsv?(): string;
  toJson(): string;
  toMarkdown(options?: object): string;
  toJunit?(options?: object): string;
  toTable(options?: object): string;
}

const FORMS = {
  ".html": "toHtml",
  ".csv": "toCsv",
  ".json": "toJson",
  ".md": "toMarkdown",
  ".xml": "toJunit",
  ".txt": "toTable",
} as const satisfies Readonly<Record<string, keyof Written>>;

const WITHOUT_OPTIONS: readonly string[] = ["toCsv", "toJson"] satisfies (keyof Written)[];

/**
 * Writes a report to a file that only its owner can read, in the form that the path's ending says: `.html`, `.csv`,
 * `.json`, `.md`, `.xml` (JUnit) or `.txt`; a job's has no `.csv` and no `.xml`. An older file is replaced as a whole. Folders that are missing are made.
 *
 *     await writeReport("runs/dev.html", report, { classes: "answer" });
 *
 * @param options as the form takes them (`toHtml`, `toMarkdown`, …)
 * @throws UsageError for another ending, for options of another form, and for what is no report; Node's error when the file cannot be written (rejects)
 */
export async function writeReport(path: string, report: Written, options: object = {}): Promise<void> {
  const ending = typeof path === "string" ? extname(path).toLowerCase() : "";
  if (!isForm(ending))
    throw new UsageError(
      `writeReport: the path must end in one of ${Object.keys(FORMS).join(", ")}, got ${describe(path)}`,
    );
  const form = FORMS[ending];
  const text = textOf(report, form, options);
  await mkdir(dirname(path), { recursive: true });
  await writeWhole(path, text.endsWith("\n") ? text : `${text}\n`, MODE);
}

function textOf(report: Written, form: keyof Written, options: object): string {
  if (!isWritten(report)) throw notReport("writeReport", report);
  if (report[form] === undefined) throw new UsageError(`writeReport: a job's report has no ${form}`);
  if (!WITHOUT_OPTIONS.includes(form)) return report[form](options);
  if (Object.keys(options).length > 0) throw new UsageError(`writeReport: ${form} takes no options`);
  return report[form]();
}

function isForm(ending: string): ending is keyof typeof FORMS {
  return Object.hasOwn(FORMS, ending);
}

function isWritten(report: unknown): report is Written {
  return typeof report === "object" && report !== null && "toTable" in report && "toJson" in report;
}
