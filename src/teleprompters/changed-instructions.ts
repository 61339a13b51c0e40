import type { Program } from "../programs/program.ts";

/** Paths of the predictors that are told something else than in the other program. */
export function changedInstructions(program: Program<never>, before: Program<never>): readonly string[] {
  const known = before.predictors();
  return Object.entries(program.predictors()).flatMap(([path, { signature }]) =>
    signature.instructions === known[path]?.signature.instructions ? [] : [path],
  );
}
