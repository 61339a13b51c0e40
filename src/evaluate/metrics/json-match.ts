import { checkNumber, checkOptions, optionNames } from "../../foundation/check-options.ts";
import { describe, UsageError } from "../../foundation/errors.ts";
import { MetricError } from "./metric-error.ts";
import type { MetricCall, ScoredAnswer } from "./metric.ts";
import { FROM_0, isNear } from "./numeric.ts";
import { labelOf, outputOf, readyMade } from "./ready-made.ts";
import type { Labelled, ReadyMade } from "./ready-made.ts";
import { sameText } from "./text-scores.ts";

export interface JsonMatchOptions {
  /** How far numbers may be apart. Default 0. */
  readonly tolerance?: number;
  /** Whether texts are compared as `exactMatch` does, case and punctuation aside. Default false: to the letter. */
  readonly normalize?: boolean;
  /** Whether what the answer has too much counts for nothing. Default false: it is as wrong as what it lacks. */
  readonly ignoreExtra?: boolean;
}

const OPTIONS = optionNames<JsonMatchOptions>({ tolerance: true, normalize: true, ignoreExtra: true });

/** What {@link jsonMatch} says: `fields` has the credit of each place, by its path (`invoice.lines[0].total`). */
export interface JsonMatchAnswer extends ScoredAnswer {
  readonly score: number;
  /** The places that are wrong, for people and teleprompters. Left out: none is. */
  readonly feedback?: string;
  readonly fields: Readonly<Record<string, number>>;
}

export type JsonMatchCall<Field extends string> = (
  example: Labelled<Field>,
  prediction: { readonly [Name in Field]: unknown },
  call?: MetricCall,
) => JsonMatchAnswer;

/**
 * How much of the labels an answer has right, from 0 to 1. Each of these outputs counts the same; of an object each
 * member does, of a list each item in its place, and so on inwards: an invoice with one wrong line of four, and all else of
 * it right, has lost a quarter of what its lines are worth. A text where the label is none is read as JSON.
 *
 *     jsonMatch(["invoice"], { tolerance: 0.005 })
 *
 * @throws UsageError for no fields, and for options that do not exist
 */
export function jsonMatch<const Field extends string>(
  fields: Field | readonly Field[],
  options: JsonMatchOptions = {},
): ReadyMade<JsonMatchCall<Field>> {
  const names: readonly Field[] = typeof fields === "string" ? [fields] : fields;
  if (!Array.isArray(names) || names.length === 0 || !names.every((name) => typeof name === "string" && name !== ""))
    throw new UsageError(`jsonMatch: expected fields' names, got ${describe(fields)}`);
  checkOptions("jsonMatch", options, OPTIONS);
  const { tolerance = 0, normalize = false, ignoreExtra = false } = options;
  checkNumber("jsonMatch", "tolerance", tolerance, FROM_0);
  const rules = { tolerance, normalize, ignoreExtra };
  const settings = { fields: Object.freeze([...names]), ...rules };
  return readyMade<JsonMatchCall<Field>>("jsonMatch", 1, settings, (example, prediction) => {
    const credits: [string, number][] = [];
    const wrong: string[] = [];
    const leaf = (path: string, score: number, problem: string): number => {
      credits.push([path, score]);
      if (score < 1) wrong.push(`${path}: ${problem}`);
      return score;
    };
    const scores = names.map((name) => {
      const [label, output] = [labelOf("jsonMatch", example, name), outputOf("jsonMatch", prediction, name)];
      return creditOf({ ...rules, leaf }, name, label, asJson(label, output), 0);
    });
    return Object.freeze({
      score: mean(scores),
      ...(wrong.length > 0 && { feedback: wrong.join("\n") }),
      fields: Object.freeze(Object.fromEntries(credits)),
    });
  });
}

interface Rules extends Required<JsonMatchOptions> {
  leaf(path: string, score: number, problem: string): number;
}

/** Models often write structure into a field of text. */
function asJson(label: unknown, output: unknown): unknown {
  if (typeof output !== "string" || typeof label === "string") return output;
  try {
    return JSON.parse(output);
  } catch {
    return output;
  }
}

/** More levels than anybody means. */
const DEEPEST = 500;

function creditOf(rules: Rules, path: string, label: unknown, output: unknown, depth: number): number {
  if (depth > DEEPEST)
    throw new MetricError("bad_label", `${path.slice(0, 60)}…: nested more than ${DEEPEST} levels deep`, {
      metric: "jsonMatch",
    });
  const places = placesIn(path, label, output);
  if (places === undefined) return rules.leaf(path, isSame(rules, label, output) ? 1 : 0, told(label, output));
  const counted = rules.ignoreExtra ? places.filter((place) => place.label !== MISSING) : places;
  if (counted.length === 0) return rules.leaf(path, 1, "");
  return mean(
    counted.map((place) =>
      place.label === MISSING || place.output === MISSING
        ? rules.leaf(place.path, 0, told(place.label, place.output))
        : creditOf(rules, place.path, place.label, place.output, depth + 1),
    ),
  );
}

const MISSING = Symbol("missing");

interface Place {
  readonly path: string;
  readonly label: unknown;
  readonly output: unknown;
}

/** What is compared inside two lists or two objects; undefined for what is compared as a whole. */
function placesIn(path: string, label: unknown, output: unknown): readonly Place[] | undefined {
  if (Array.isArray(label) && Array.isArray(output)) {
    const [labels, outputs]: [readonly unknown[], readonly unknown[]] = [label, output];
    return Array.from({ length: Math.max(label.length, output.length) }, (_, index) => ({
      path: `${path}[${index}]`,
      label: index < labels.length ? labels[index] : MISSING,
      output: index < outputs.length ? outputs[index] : MISSING,
    }));
  }
  if (!isObject(label) || !isObject(output)) return undefined;
  const names = new Set([...namesIn(label), ...namesIn(output)]);
  const valueAt = (object: Members, name: string): unknown =>
    Object.hasOwn(object, name) && object[name] !== undefined ? object[name] : MISSING;
  return [...names].map((name) => ({
    path: `${path}.${name}`,
    label: valueAt(label, name),
    output: valueAt(output, name),
  }));
}

type Members = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function namesIn(value: Members): readonly string[] {
  return Object.keys(value).filter((name) => value[name] !== undefined);
}

function isSame({ tolerance, normalize }: Rules, label: unknown, output: unknown): boolean {
  if (typeof label === "number" && typeof output === "number")
    return Object.is(label, output) || isNear(output, label, tolerance);
  if (normalize && typeof label === "string" && typeof output === "string") return sameText(output, label);
  return label instanceof Date && output instanceof Date ? label.getTime() === output.getTime() : label === output;
}

function told(label: unknown, output: unknown): string {
  if (label === MISSING) return `nothing was expected, got ${describe(output)}`;
  return `expected ${describe(label)}, got ${output === MISSING ? "nothing" : describe(output)}`;
}

function mean(scores: readonly number[]): number {
  return scores.reduce((sum, score) => sum + score, 0) / scores.length;
}
