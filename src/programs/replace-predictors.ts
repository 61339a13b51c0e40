import { digest } from "../foundation/digest.ts";
import { describe, UsageError } from "../foundation/errors.ts";
import type { Field } from "../signatures/field/field.ts";
import { sameType } from "../signatures/types/field-type.ts";
import { typeText } from "../signatures/types/type-name.ts";
import type { AnySignature } from "../signatures/signature-value.ts";
import { predictorFacts } from "./identity/predictor-facts.ts";
import { typeFacts } from "./identity/signature-facts.ts";
import type { AnyPredictor, Program } from "./program.ts";
import { isPredictor, isProgram, notProgram, predictorsOf, withLeaves } from "./program-tree.ts";

/**
 * The predictors that an optimizer may change, by path: all but the frozen ones.
 * @throws UsageError for what is no program
 */
export function tunablePredictors(program: Program): Readonly<Record<string, AnyPredictor>> {
  if (!isProgram(program)) throw notProgram("tunablePredictors: expected", program);
  const tunable = Object.entries(program.predictors()).filter(([, { frozen }]) => !frozen);
  return Object.freeze(Object.fromEntries(tunable));
}

/**
 * A copy with other predictors in these places: see {@link Program.withPredictors}. One that is equal to a frozen one is no
 * change of it, and the frozen one stays.
 */
export function replacePredictors<P extends Program>(
  program: P,
  replacements: Readonly<Record<string, AnyPredictor | undefined>>,
): P {
  const there = predictorsOf(program);
  const edits = Object.entries(replacements).flatMap(([path, replacement]): [string, AnyPredictor][] => {
    const own = there[path];
    const at = `${program.name}: predictor "${path}"`;
    if (own === undefined) {
      const paths = Object.keys(there).join(", ") || "none";
      throw new UsageError(`${program.name}: no predictor at "${path}"; there are ${paths}`);
    }
    if (replacement === undefined || replacement === own) return [];
    if (!isPredictor(replacement))
      throw new UsageError(`${at}: expected a predictor in its place, got ${describe(replacement)}`);
    const other = otherFields(own.signature, replacement.signature);
    if (other !== undefined) throw new UsageError(`${at} can be replaced only by one with the same fields: ${other}`);
    if (!own.frozen) return [[path, replacement]];
    if (isSame(own, replacement)) return [];
    throw new UsageError(`${at} is frozen, and stays as it is (with({ frozen: false }) thaws it)`);
  });
  return withLeaves(program, Object.fromEntries(edits));
}

/** As digests see it. */
function isSame(one: AnyPredictor, other: AnyPredictor): boolean {
  const [first, second] = [one, other].map((each) => digest(predictorFacts(each, "predictor", NOBODY)));
  return first === second;
}

const NOBODY = (): void => {};

/** In what the fields differ, in words: names, sides, types, order. Descriptions and constraints may. */
function otherFields(own: AnySignature, other: AnySignature): string | undefined {
  for (const field of own.fields) {
    const { name, role, type } = field;
    const there = other.fields.find((each) => each.name === name);
    if (there === undefined) return `it has no field "${name}"`;
    if (there.role !== role) return `field "${name}" is an ${there.role} of it, and an ${role} here`;
    if (isSameType(field, there)) continue;
    const [text, here] = [typeText(there.type), typeText(type)];
    return text === here
      ? `field "${name}" has another zod schema`
      : `field "${name}" is ${text} in it, and ${here} here`;
  }
  const more = other.fields.find(({ name }) => !own.fields.some((each) => each.name === name));
  if (more !== undefined) return `it has a field "${more.name}"`;
  return (
    otherOrder("inputs", own.inputFields, other.inputFields) ??
    otherOrder("outputs", own.outputFields, other.outputFields)
  );
}

/** Zod schemas that were made twice by the same code mean the same. */
function isSameType({ type }: Field, other: Field): boolean {
  if (sameType(type, other.type)) return true;
  const [first, second] = [type, other.type].map((each) => digest(typeFacts(each, "field", NOBODY)));
  return first === second;
}

function otherOrder(side: string, own: readonly Field[], other: readonly Field[]): string | undefined {
  const [here, there] = [own, other].map((fields) => fields.map(({ name }) => name).join(", "));
  return here === there ? undefined : `its ${side} are ${there}, in this order, and ${here} here`;
}
