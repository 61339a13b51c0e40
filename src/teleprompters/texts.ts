import { parametersOf, withParameters } from "../programs/program-parameters.ts";
import { joined } from "../programs/program-tree.ts";
import type { AnyPredictor, Program } from "../programs/program.ts";
import { tunablePredictors } from "../programs/replace-predictors.ts";
import type { Field } from "../signatures/field/field.ts";
import type { AnySignature, Signature } from "../signatures/signature-value.ts";

/** Texts by path. */
export type Texts = Readonly<Record<string, string>>;

/** A text of a program that may be changed. */
export interface TextPlace {
  /** `rewrite` for a predictor's instructions, `rewrite.query` for a field's description, `policy` for a declared text. */
  readonly path: string;
  readonly kind: "instructions" | "description" | "parameter";
  /** The path of the predictor that it is of. Undefined: of none. */
  readonly predictor: string | undefined;
  /** The field that is described. */
  readonly field?: Field;
  readonly text: string;
}

/**
 * Of all predictors that are not frozen the instructions, then the texts that the program declares, then the descriptions of
 * fields, of those that have one.
 */
export function textPlaces(program: Program<never>, descriptions: boolean): readonly TextPlace[] {
  const predictors = Object.entries(tunablePredictors(program));
  const instructions = predictors.map(([path, { signature }]): TextPlace => {
    return { path, kind: "instructions", predictor: path, text: signature.instructions };
  });
  const parameters = Object.entries(parametersOf(program)).map(([path, text]): TextPlace => {
    return { path, kind: "parameter", predictor: undefined, text };
  });
  const described = (descriptions ? predictors : []).flatMap(([predictor, { signature }]) =>
    signature.fields.flatMap((field): TextPlace[] => {
      const { name, desc } = field;
      if (desc === undefined) return [];
      return [{ path: inPredictor(predictor, name), kind: "description", predictor, field, text: desc }];
    }),
  );
  return [...instructions, ...parameters, ...described];
}

/** The path of a field's description. A predictor has no parts: nothing else stands under such a path. */
export function inPredictor(predictor: string, field: string): string {
  return predictor === "self" ? field : joined(predictor, field);
}

export function textsOf(program: Program<never>, descriptions: boolean): Texts {
  return Object.freeze(
    Object.fromEntries(textPlaces(program, descriptions).map(({ path, text }) => [path, text] as const)),
  );
}

/** A copy with other texts in these places. */
export function withTexts(program: Program<never>, texts: Texts): Program<never> {
  const edits = Object.entries(tunablePredictors(program)).flatMap(([path, predictor]): [string, AnyPredictor][] => {
    const edited = withOwnTexts(path, predictor, texts);
    return edited === predictor ? [] : [[path, edited]];
  });
  const declared = parametersOf(program);
  const parameters = Object.entries(texts).filter(([path]) => Object.hasOwn(declared, path));
  return withParameters(program.withPredictors(Object.fromEntries(edits)), Object.fromEntries(parameters));
}

function withOwnTexts(path: string, predictor: AnyPredictor, texts: Texts): AnyPredictor {
  const instructions = Object.hasOwn(texts, path) ? texts[path] : undefined;
  const descriptions = predictor.signature.fields.flatMap(({ name }) => {
    const desc = texts[inPredictor(path, name)];
    return desc === undefined ? [] : [[name, { desc }] as const];
  });
  const all: AnySignature = predictor.signature;
  // Fields keep their names and types.
  const signature = descriptions.length === 0 ? all : all.withFields(Object.fromEntries(descriptions));
  if (instructions === undefined && signature === all) return predictor;
  return predictor.with({ signature: signature as Signature, instructions });
}

/** The texts of one that are otherwise in the other. */
export function changedTexts(texts: Texts, before: Texts): readonly string[] {
  return Object.keys(texts).filter((path) => texts[path] !== before[path]);
}

/** `{customer}`, `{{customer}}`, `${customer}`: what a program's code may fill in. */
const PLACEHOLDER = /\$?\{\{?\s*[\p{L}_][\p{L}\p{N}_.]*\s*\}?\}/gu;

/** What stands in a text to be filled in, each once. */
export function placeholdersOf(text: string): readonly string[] {
  return [...new Set(text.match(PLACEHOLDER))];
}

/** The placeholders that a text has lost. */
export function lostPlaceholders(text: string, before: string): readonly string[] {
  return placeholdersOf(before).filter((each) => !text.includes(each));
}
