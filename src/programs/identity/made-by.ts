import type { Program } from "../program.ts";

/** What of the library has made a program, and the user's code in it. */
export type MadeBy =
  | { readonly kind: "predict" | "chain_of_thought" | "retrieve" }
  | { readonly kind: "composed"; readonly forward: object; readonly version: string | number | undefined };

const MAKERS = new WeakMap<Program, MadeBy>();

/** Notes what has made the program, and gives it back. */
export function libraryProgram<Made extends Program>(program: Made, by: MadeBy): Made {
  MAKERS.set(program, by);
  return program;
}

/** Undefined for a program of the user's own making: a spread of one of ours is one, too. */
export function madeBy(program: Program): MadeBy | undefined {
  return MAKERS.get(program);
}
