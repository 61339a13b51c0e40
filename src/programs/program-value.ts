import { heard } from "../foundation/heard.ts";
import type { CallContext } from "./call-context.ts";
import type { AnyPredictor, Program } from "./program.ts";
import { INSIDE, predictorsOf } from "./program-tree.ts";
import type { Inside } from "./program-tree.ts";
import { replacePredictors } from "./replace-predictors.ts";

/** What a program of a kind is made of. */
export interface ProgramDesign<P extends Program> {
  readonly kind: P["kind"];
  readonly name: string;
  readonly parts: P["parts"];
  /** Plain facts, which digests count; a `version` among them says what the `code` is. */
  readonly settings: P["settings"];
  /** The user's own functions in it, by what they are called; digests count them. Default none. */
  readonly code?: Readonly<Record<string, object>>;
  readonly run: P["forward"];
  /** The same program with other parts, each with the inputs and outputs of the one it replaces. A leaf has none. */
  readonly rebuild?: (parts: P["parts"]) => P;
}

/** The one way in which programs are made: with it, whoever walks, edits, saves or digests programs knows the kind. */
export function programValue<P extends Program>(
  { kind, name, parts, settings, code = {}, run, rebuild }: ProgramDesign<P>,
  own: Omit<P, keyof Program>,
): P {
  const inside: Inside = { code, ...(rebuild && { rebuild }) };
  const value = {
    kind,
    name,
    parts: Object.freeze({ ...parts }),
    settings: Object.freeze(settings),
    forward: (inputs: object, context: CallContext) => heard(run(inputs, context)),
    predictors: () => predictorsOf(program),
    withPredictors: (replacements: Readonly<Record<string, AnyPredictor>>) => replacePredictors(program, replacements),
    ...own,
  };
  Object.defineProperty(value, INSIDE, { value: inside });
  // What a program of the kind has besides is in `own`.
  const program = Object.freeze(value) as unknown as P;
  return program;
}
