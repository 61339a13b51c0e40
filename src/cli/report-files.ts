import { mkdir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { asError, UsageError } from "../foundation/errors.ts";
import { writeWhole } from "../foundation/write-whole.ts";

/** Where each form of a report that was asked for goes: a path, or `-` for standard output. */
export type ReportFiles<Form extends string> = Partial<Readonly<Record<Form, string>>>;

/** What each form says; asked for when it is written. */
export type ReportTexts<Form extends string> = Readonly<Record<Form, () => string>>;

/** Standard output in place of a file. */
const OUTPUT = "-";

/** Of its owner alone: reports show what users and models said. */
const MODE = 0o600;

/** The form that standard output is for, instead of the table. @throws UsageError for several */
export function formOnOutput<Form extends string>(files: ReportFiles<Form>, forms: readonly Form[]): Form | undefined {
  const [form, other] = forms.filter((each) => files[each] === OUTPUT);
  if (other === undefined) return form;
  throw new UsageError(`--${form} and --${other}: one of them may go to standard output ("${OUTPUT}")`);
}

/**
 * Makes the files' folders, before anything is paid for that could not be written.
 * @throws UsageError (rejects) for a path that no file can have
 */
export async function prepareFiles<Form extends string>(
  files: ReportFiles<Form>,
  forms: readonly Form[],
  cwd: string,
): Promise<void> {
  for (const [form, file] of onDisk(files, forms)) {
    const path = resolve(cwd, file);
    try {
      await mkdir(dirname(path), { recursive: true });
    } catch (thrown) {
      throw new UsageError(`--${form}: there can be no file ${file}: ${asError(thrown).message}`);
    }
    const there = await stat(path).catch(() => undefined);
    if (file === "" || there?.isDirectory() === true)
      throw new UsageError(`--${form}: "${file}" is a folder; it takes a file's name`);
  }
}

/** Writes them all, each replaced as a whole, mode 0600. Gives a line for each that could not be. */
export async function writeFiles<Form extends string>(
  texts: ReportTexts<Form>,
  files: ReportFiles<Form>,
  cwd: string,
): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const [form, file] of onDisk(files, Object.keys(texts) as Form[])) {
    const text = texts[form]();
    try {
      await writeWhole(resolve(cwd, file), text.endsWith("\n") ? text : `${text}\n`, MODE);
    } catch (thrown) {
      problems.push(`--${form}: ${file} could not be written: ${asError(thrown).message}`);
    }
  }
  return problems;
}

function onDisk<Form extends string>(
  files: ReportFiles<Form>,
  forms: readonly Form[],
): readonly (readonly [form: Form, file: string])[] {
  return forms.flatMap((form) => {
    const file = files[form];
    return file === undefined || file === OUTPUT ? [] : [[form, file] as const];
  });
}
