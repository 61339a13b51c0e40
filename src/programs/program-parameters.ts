import { describe, UsageError } from "../foundation/errors.ts";
import type { Program, ProgramParameters, ProgramParts } from "./program.ts";
import { insideOf, isProgram, joined, notProgram } from "./program-tree.ts";

/**
 * The texts that a program and its parts declare as what optimizers may change (`program({ parameters: { policy: "…" } })`), by
 * path, in order: `policy`, and `generate.policy` in a part. What predictors are told stands in `program.predictors()`.
 *
 * @throws UsageError for what is no program
 */
export function parametersOf(program: Program): ProgramParameters {
  if (!isProgram(program)) throw notProgram("parametersOf: expected", program);
  return Object.freeze(Object.fromEntries(inside(program)));
}

function inside(program: Program): readonly [string, string][] {
  const own = insideOf(program);
  // A program of the user's own making could not be made again with other texts.
  if (own === undefined) return [];
  const inParts = Object.entries(program.parts).flatMap(([name, part]) =>
    inside(part).map(([path, text]): [string, string] => [joined(name, path), text]),
  );
  return [...Object.entries(own.parameters), ...inParts];
}

/**
 * A copy with other texts in these places; those that are left out stay.
 *
 *     const stricter = withParameters(support, { policy: "Refund nothing above 50." });
 *
 * @throws UsageError for a path that is not in {@link parametersOf}, and for what is no text
 */
export function withParameters<P extends Program>(program: P, texts: ProgramParameters): P {
  const there = parametersOf(program);
  for (const [path, text] of Object.entries<unknown>(texts)) {
    if (!Object.hasOwn(there, path)) {
      const paths = Object.keys(there).join(", ") || "none";
      throw new UsageError(`${program.name}: no parameter at "${path}"; there are ${paths}`);
    }
    if (typeof text !== "string")
      throw new UsageError(`${program.name}: parameter "${path}" must be a text, got ${describe(text)}`);
  }
  // The same program with other texts: its type stays.
  return edited(program, texts) as P;
}

function edited(program: Program, texts: ProgramParameters): Program {
  const own = insideOf(program);
  if (own?.rebuild === undefined || Object.keys(texts).length === 0) return program;
  const parts = Object.entries(program.parts).map(([name, part]) => [name, edited(part, within(texts, name))]);
  const kept = Object.keys(own.parameters).map((name) => [name, texts[name] ?? own.parameters[name]]);
  return own.rebuild(Object.fromEntries(parts) as ProgramParts, Object.fromEntries(kept) as ProgramParameters);
}

function within(texts: ProgramParameters, part: string): ProgramParameters {
  const prefix = `${part}.`;
  const inPart = Object.entries(texts).filter(([path]) => path.startsWith(prefix));
  return Object.fromEntries(inPart.map(([path, text]) => [path.slice(prefix.length), text]));
}
