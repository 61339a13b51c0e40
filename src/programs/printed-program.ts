import { counted } from "../foundation/figure-text.ts";
import type { AnyPredictor, Program } from "./program.ts";
import { isPredictor } from "./program-tree.ts";

/** A program in one line, as it was made: `program(desk: classify, reply)`, `predict(question -> answer)`. */
export function printedProgram(program: Program): string {
  const { kind, name, parts } = program;
  const { signature, demos } = asked(program) ?? {};
  const inside = signature === undefined ? Object.keys(parts).join(", ") : signature.toString();
  const named = isOwn(name) || inside === "" ? [name] : [];
  const what = [...named, ...(inside === "" ? [] : [inside])].join(": ");
  const shown = demos === undefined || demos.length === 0 ? "" : `; ${counted(demos.length, "demo")}`;
  return `${camelCase(kind)}(${what}${shown})`;
}

/** A predictor itself, or the only part of what is made around one. */
function asked(program: Program): AnyPredictor | undefined {
  const [only, ...others] = Object.values(program.parts);
  const predictor = others.length === 0 && program.kind !== "program" ? (only ?? program) : program;
  return isPredictor(predictor) ? predictor : undefined;
}

/** Not made of the names of fields. */
function isOwn(name: string): boolean {
  return !name.includes("->");
}

/** Kinds are words with underscores, and factories ours. */
function camelCase(kind: string): string {
  return kind.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}
