import { heard } from "../foundation/heard.ts";
import { INSPECT } from "../foundation/inspect-symbol.ts";
import type { CallContext } from "./call-context.ts";
import type { AnyPredictor, Program, ProgramParameters } from "./program.ts";
import { printedProgram } from "./printed-program.ts";
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
  /** Texts of its own that optimizers may change, by name: its `settings` have them too. Default none. */
  readonly parameters?: ProgramParameters;
  readonly run: P["forward"];
  /**
   * The same program with other parts, each with the inputs and outputs of the one it replaces, and with other texts for the
   * `parameters`. A leaf without these has none.
   */
  readonly rebuild?: (parts: P["parts"], parameters: ProgramParameters) => P;
}

/** The one way in which programs are made: with it, whoever walks, edits, saves or digests programs knows the kind. */
export function programValue<P extends Program>(
  { kind, name, parts, settings, code = {}, parameters = {}, run, rebuild }: ProgramDesign<P>,
  own: Omit<P, keyof Program>,
): P {
  const inside: Inside = { code, parameters, ...(rebuild && { rebuild }) };
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
  Object.defineProperty(value, INSPECT, { value: printed });
  // What a program of the kind has besides is in `own`.
  const program = Object.freeze(value) as unknown as P;
  return program;
}

/** One for all programs, with the program as its `this`. */
function printed(this: Program): string {
  return printedProgram(this);
}
