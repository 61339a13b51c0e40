import { UsageError, describe } from "../../foundation/errors.ts";
import { dspexStateOf, withDspexState } from "./dspex-state.ts";
import type { DspexState } from "./dspex-state.ts";
import { dspyText, isDspyState, readDspyState } from "./dspy-state.ts";
import { withStates } from "./predictor-state.ts";
import type { Program } from "../program.ts";
import { isProgram, notProgram } from "../program-tree.ts";
import { isTooDeep, TOO_DEEP } from "./saved-json.ts";
import { SavedProgramError } from "./saved-program-error.ts";
import { withDspySearches } from "./saved-searches.ts";

/** `"dspex"`: ours, with all that can be changed in a program; `"dspy"`: what DSPy's `program.load("x.json")` reads. */
export type SavedFormat = "dspex" | "dspy";

export interface DumpOptions {
  /** Default `"dspex"`. */
  readonly format?: SavedFormat;
}

/**
 * What can change in a program (instructions, descriptions, demos, options, adapters, clients) as plain JSON, for whoever stores
 * programs elsewhere than in files. {@link loadProgramFrom} puts it back into a program of the same shape.
 *
 * @throws UsageError for a demo that holds what is no data
 */
export function dumpProgram(program: Program): DspexState {
  checkProgram("dumpProgram", program);
  return dspexStateOf(program);
}

/** The text of a file of the format. */
export function programText(program: Program, { format = "dspex" }: DumpOptions = {}): string {
  checkProgram("saveProgram", program);
  if (format === "dspex") return `${JSON.stringify(dspexStateOf(program), null, 2)}\n`;
  if (format === "dspy") return dspyText(program);
  throw new UsageError(`saveProgram: format must be "dspex" or "dspy", got ${describe(format)}`);
}

/**
 * A copy of the program with what was saved from one like it, by dspex or by DSPy. Nothing in the data is run; what does
 * not fit the program is refused. What ours says replaces all that is there: options, adapters, clients and demos that the
 * saved program had not are gone. DSPy's files have no adapters and clients: those stay, and so do options.
 *
 * @throws SavedProgramError `unknown_format`, `newer_version`, or `mismatch`, which names the predictor's path and field
 */
export function loadProgramFrom<Student extends Program>(data: unknown, student: Student): Student {
  checkProgram("loadProgramFrom", student);
  if (typeof data !== "object" || data === null || Array.isArray(data))
    throw new SavedProgramError("unknown_format", `a saved program is a JSON object, got ${describe(data)}`);
  if (isTooDeep(data)) throw new SavedProgramError("unknown_format", `no program was saved like this: ${TOO_DEEP}`);
  if ("format" in data && data.format === "dspex") return withDspexState(student, data);
  if (isDspyState(data)) return withDspySearches(withStates(student, readDspyState(data, student)), data);
  throw new SavedProgramError(
    "unknown_format",
    `neither dspex nor DSPy saved this: its keys are ${Object.keys(data).join(", ") || "none"}`,
  );
}

function checkProgram(caller: string, program: unknown): void {
  if (!isProgram(program)) throw notProgram(`${caller}: expected`, program);
}
