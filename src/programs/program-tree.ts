import { describe, UsageError } from "../foundation/errors.ts";
import type { AnyPredictor, Program, ProgramParameters, ProgramParts } from "./program.ts";

/** What only programs that `programValue` made have. */
export interface Inside {
  /** The user's own functions in it, by what they are called. */
  readonly code: Readonly<Record<string, object>>;
  /** Texts of its own, not of its parts, that optimizers may change, by name. */
  readonly parameters: ProgramParameters;
  /** The same with other parts and other texts. A leaf without texts has none. */
  readonly rebuild?: (parts: ProgramParts, parameters: ProgramParameters) => Program;
}

/**
 * Where it stands: not to be enumerated, so that a copy by spreading, which may do anything, does not pass for what it was
 * copied from.
 */
export const INSIDE: unique symbol = Symbol("inside");

/** Undefined for a program of the user's own making: a spread of one of ours is one, too. */
export function insideOf(program: Program): Inside | undefined {
  return (program as { readonly [INSIDE]?: Inside })[INSIDE];
}

/** Whether it can be called, walked and edited as a program. */
export function isProgram(value: unknown): value is Program {
  if (typeof value !== "object" || value === null) return false;
  const { kind, name, parts, settings, forward, predictors, withPredictors } = value as Partial<Program>;
  return (
    typeof kind === "string" &&
    typeof name === "string" &&
    [parts, settings].every((each) => typeof each === "object" && each !== null) &&
    [forward, predictors, withPredictors].every((each) => typeof each === "function")
  );
}

/** @param what what wanted a program, with its verb: `forward: expected` */
export function notProgram(what: string, value: unknown): UsageError {
  return new UsageError(`${what} a program, got ${describe(value)}${programHint(value)}`);
}

function programHint(value: unknown): string {
  if (typeof value === "string") return `: predict(${describe(value, 40)}) makes one of a signature's text`;
  if (typeof value !== "object" || value === null) return "";
  if ("kind" in value && value.kind === "signature") return ": predict(signature) makes one";
  return "forward" in value ? ": program({ name, parts, forward }) makes one of any code" : "";
}

/** A program's own kind says that it is a predictor, and its settings what it asks. */
export function isPredictor(value: unknown): value is AnyPredictor {
  return isProgram(value) && value.kind === "predict" && "signature" in value;
}

/** The predictors in it by path, in order: DSPy's paths. */
export function predictorsOf(program: Program): Readonly<Record<string, AnyPredictor>> {
  if (isPredictor(program)) return Object.freeze({ self: program });
  return byPath(program, (part) => part.predictors());
}

/** The programs in it that have no parts, by path, in order; `self` for one that is all of it. */
export function leavesOf(program: Program): Readonly<Record<string, Program>> {
  return isLeaf(program) ? { self: program } : byPath(program, leavesOf);
}

function isLeaf({ parts }: Program): boolean {
  return Object.keys(parts).length === 0;
}

function byPath<Found>(
  { parts }: Program,
  inPart: (part: Program) => Readonly<Record<string, Found>>,
): Readonly<Record<string, Found>> {
  const found = Object.entries(parts).flatMap(([name, part]) =>
    Object.entries(inPart(part)).map(([path, each]): [string, Found] => [joined(name, path), each]),
  );
  return Object.freeze(Object.fromEntries(found));
}

/** A leaf that is a part by itself is called by the part's name alone. */
export function joined(part: string, path: string): string {
  return path === "self" ? part : `${part}.${path}`;
}

/**
 * A copy with other leaves in these places; what is not there, and whether one fits, is the caller's to look at.
 * @throws UsageError for a place inside a program of the user's own making that only it could edit
 */
export function withLeaves<P extends Program>(program: P, leaves: Readonly<Record<string, Program>>): P {
  // The same program with other settings in its leaves: its type stays.
  return edited(program, leaves) as P;
}

function edited(program: Program, leaves: Readonly<Record<string, Program>>): Program {
  if (Object.keys(leaves).length === 0) return program;
  const inside = insideOf(program);
  if (inside?.rebuild !== undefined) {
    const parts = Object.entries(program.parts).map(([name, part]) => [name, edited(part, within(leaves, name, part))]);
    return inside.rebuild(Object.fromEntries(parts) as ProgramParts, inside.parameters);
  }
  const own = leaves["self"];
  if (inside !== undefined) return own ?? program;
  if (areAllPredictors(leaves)) return program.withPredictors(leaves);
  if (own !== undefined && isLeaf(program)) return own;
  throw new UsageError(
    `${program.name}: a copy by spreading cannot be edited at ${Object.keys(leaves).join(", ")}; ` +
      "program({ name, parts, forward }) makes a program of any code",
  );
}

function areAllPredictors(leaves: Readonly<Record<string, Program>>): leaves is Readonly<Record<string, AnyPredictor>> {
  return Object.values(leaves).every(isPredictor);
}

/** What of the edits is about this part, by path in it. */
function within(
  leaves: Readonly<Record<string, Program>>,
  name: string,
  part: Program,
): Readonly<Record<string, Program>> {
  const paths = new Set([...Object.keys(leavesOf(part)), ...Object.keys(part.predictors())]);
  const inside = [...paths].flatMap((path): [string, Program][] => {
    const leaf = leaves[joined(name, path)];
    return leaf === undefined ? [] : [[path, leaf]];
  });
  return Object.fromEntries(inside);
}
