import { mkdir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { asError, UsageError } from "../../foundation/errors.ts";
import { writeWhole } from "../../foundation/write-whole.ts";
import type { EvaluationReport } from "../../index.ts";

/** What the forms that take options take. */
export interface FormOptions {
  readonly rows: number | undefined;
  readonly passScore: number | undefined;
}

/** The forms of a report that the command line has an option for, in its order. */
export const REPORT_FORMS = Object.freeze({
  html: (report: EvaluationReport) => report.toHtml(),
  junit: (report: EvaluationReport, { passScore }: FormOptions) => report.toJunit({ passScore }),
  csv: (report: EvaluationReport) => report.toCsv(),
  json: (report: EvaluationReport) => report.toJson(),
  markdown: (report: EvaluationReport, { rows }: FormOptions) => report.toMarkdown({ rows }),
});

export type ReportForm = keyof typeof REPORT_FORMS;

/** Where each form that was asked for goes: a path, or `-` for standard output. */
export type ReportFiles = Partial<Readonly<Record<ReportForm, string>>>;

/** Standard output in place of a file. */
const OUTPUT = "-";

/** Of its owner alone: reports show what users and models said. */
const MODE = 0o600;

/** The form that standard output is for, instead of the table. @throws UsageError for several */
export function formOnOutput(files: ReportFiles): ReportForm | undefined {
  const [form, other] = formsIn(files).filter((each) => files[each] === OUTPUT);
  if (other === undefined) return form;
  throw new UsageError(`--${form} and --${other}: one of them may go to standard output ("${OUTPUT}")`);
}

/**
 * Makes the files' folders, before anything is paid for that could not be written.
 * @throws UsageError (rejects) for a path that no file can have
 */
export async function prepareFiles(files: ReportFiles, cwd: string): Promise<void> {
  for (const form of onDisk(files)) {
    const path = resolve(cwd, files[form] ?? "");
    try {
      await mkdir(dirname(path), { recursive: true });
    } catch (thrown) {
      throw new UsageError(`--${form}: there can be no file ${files[form]}: ${asError(thrown).message}`);
    }
    const there = await stat(path).catch(() => undefined);
    if (files[form] === "" || there?.isDirectory() === true)
      throw new UsageError(`--${form}: "${files[form]}" is a folder; it takes a file's name`);
  }
}

/** Writes them all, each replaced as a whole, mode 0600. Gives a line for each that could not be. */
export async function writeFiles(
  report: EvaluationReport,
  files: ReportFiles,
  cwd: string,
  options: FormOptions,
): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const form of onDisk(files)) {
    const text = REPORT_FORMS[form](report, options);
    try {
      await writeWhole(resolve(cwd, files[form] ?? ""), text.endsWith("\n") ? text : `${text}\n`, MODE);
    } catch (thrown) {
      problems.push(`--${form}: ${files[form]} could not be written: ${asError(thrown).message}`);
    }
  }
  return problems;
}

function onDisk(files: ReportFiles): readonly ReportForm[] {
  return formsIn(files).filter((form) => files[form] !== OUTPUT);
}

function formsIn(files: ReportFiles): readonly ReportForm[] {
  return (Object.keys(REPORT_FORMS) as ReportForm[]).filter((form) => files[form] !== undefined);
}
