import { readFile } from "node:fs/promises";
import { asError, describe, UsageError } from "../../foundation/errors.ts";
import { writeWhole } from "../../foundation/write-whole.ts";
import { oneLine } from "../../lm/failure.ts";
import { loadProgramFrom, programText } from "./dump-program.ts";
import type { DumpOptions } from "./dump-program.ts";
import type { Program } from "../program.ts";
import { isProgram, notProgram } from "../program-tree.ts";
import { SavedProgramError } from "./saved-program-error.ts";

/**
 * Writes what can change in a program (instructions, descriptions, demos, options, adapters, clients) to a JSON file. Whoever reads
 * the file meanwhile, and whoever finds it after a crash, sees the old one or the new one, never a part.
 *
 * `format: "dspy"` writes what DSPy's `program.load("x.json")` reads, which has neither options nor adapters.
 *
 * @throws UsageError for a demo that holds what is no data; Node's error when the file cannot be written
 */
export async function saveProgram(program: Program, path: string, options: DumpOptions = {}): Promise<void> {
  // What is no program is told first: the two are easily swapped.
  const text = programText(program, options);
  checkPath("saveProgram", path);
  await writeWhole(path, text);
}

/**
 * A copy of the program with what a file says, written by {@link saveProgram} or by DSPy's `program.save("x.json")`. No
 * code in the file is run; a file that does not fit the program is refused.
 *
 *     const trained = await loadProgram("qa.json", qa);
 *
 * @throws SavedProgramError `unreadable`, `unknown_format`, `newer_version`, or `mismatch`, which names the predictor's
 *   path and field
 */
export async function loadProgram<Student extends Program>(path: string, student: Student): Promise<Student> {
  checkPath("loadProgram", path, student);
  let data: unknown;
  try {
    data = JSON.parse(await readFile(path, "utf8")) as unknown;
  } catch (cause) {
    throw new SavedProgramError("unreadable", `${path}: ${whyUnreadable(path, asError(cause))}`, { cause });
  }
  try {
    return loadProgramFrom(data, student);
  } catch (thrown) {
    if (!(thrown instanceof SavedProgramError)) throw thrown;
    throw new SavedProgramError(thrown.code, `${path}: ${thrown.message}`, { ...thrown.details, cause: thrown });
  }
}

/** @throws UsageError for what is no path, and for one in the place of the program */
function checkPath(what: string, path: unknown, student?: unknown): void {
  const swapped = isProgram(path) && typeof student === "string" ? ": the path comes first, then the program" : "";
  if (typeof path !== "string" || path === "")
    throw new UsageError(`${what}: expected a file's path, got ${describe(path)}${swapped}`);
  if (what === "loadProgram" && !isProgram(student)) throw notProgram("loadProgram: expected", student);
}

/** One line; what the file says itself is not quoted in more. */
function whyUnreadable(path: string, { name, message, ...error }: Error & { readonly code?: unknown }): string {
  if (path.endsWith(".pkl"))
    return 'pickle files can hold code, and are not read; in DSPy, program.save("x.json") writes what is';
  if (error.code === "EISDIR")
    return 'is a folder, as DSPy\'s save_program=True makes; program.save("x.json") writes a file that can be read';
  return name === "SyntaxError" ? `holds no JSON (${oneLine(message)})` : message;
}
