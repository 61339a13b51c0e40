import type { FieldType } from "../types/field-type.ts";

/** DSPy's constraint words, in the order in which they were given. Shown in prompts and, unlike DSPy, checked. */
export interface FieldConstraints {
  readonly gt?: number;
  readonly ge?: number;
  readonly lt?: number;
  readonly le?: number;
  readonly min_length?: number;
  readonly max_length?: number;
  readonly multiple_of?: number;
}

export const CONSTRAINT_WORDS = Object.freeze([
  "gt",
  "ge",
  "lt",
  "le",
  "min_length",
  "max_length",
  "multiple_of",
] as const);

export type ConstraintWord = (typeof CONSTRAINT_WORDS)[number];

export function isConstraintWord(word: string): word is ConstraintWord {
  return (CONSTRAINT_WORDS as readonly string[]).includes(word);
}

/** Why these constraints make no sense for the type; undefined when they do. */
export function constraintProblem(type: FieldType, constraints: FieldConstraints | undefined): string | undefined {
  for (const [word, bound] of Object.entries(constraints ?? {})) {
    if (!isConstraintWord(word)) return `no constraint "${word}"; there are ${CONSTRAINT_WORDS.join(", ")}`;
    if (typeof bound !== "number" || Number.isNaN(bound)) return `the constraint ${word} takes a number`;
    const kinds = word.endsWith("_length") ? SIZED : NUMERIC;
    if (!admits(type, kinds)) return `the constraint ${word} does not go with this type`;
  }
  return undefined;
}

const NUMERIC: readonly FieldType["kind"][] = ["int", "float", "any", "zod"];
const SIZED: readonly FieldType["kind"][] = ["str", "code", "list", "dict", "tuple", "any", "zod"];

function admits(type: FieldType, kinds: readonly FieldType["kind"][]): boolean {
  return type.kind === "union" ? type.members.some((member) => admits(member, kinds)) : kinds.includes(type.kind);
}

/** What the value violates, in words ("must be at least 3"); undefined when nothing. Values of other kinds pass. */
export function violation(value: unknown, constraints: FieldConstraints): string | undefined {
  for (const word of CONSTRAINT_WORDS) {
    const bound = constraints[word];
    if (bound === undefined) continue;
    const size = word.endsWith("_length") ? sizeOf(value) : typeof value === "number" ? value : undefined;
    if (size !== undefined && !CHECKS[word].holds(size, bound)) return CHECKS[word].says(bound);
  }
  return undefined;
}

interface Check {
  holds(value: number, bound: number): boolean;
  says(bound: number): string;
}

const CHECKS: Readonly<Record<ConstraintWord, Check>> = {
  gt: { holds: (value, bound) => value > bound, says: (bound) => `must be greater than ${bound}` },
  ge: { holds: (value, bound) => value >= bound, says: (bound) => `must be at least ${bound}` },
  lt: { holds: (value, bound) => value < bound, says: (bound) => `must be less than ${bound}` },
  le: { holds: (value, bound) => value <= bound, says: (bound) => `must be at most ${bound}` },
  min_length: { holds: (value, bound) => value >= bound, says: (bound) => `must have a length of at least ${bound}` },
  max_length: { holds: (value, bound) => value <= bound, says: (bound) => `must have a length of at most ${bound}` },
  multiple_of: { holds: isMultiple, says: (bound) => `must be a multiple of ${bound}` },
};

/** 0.3 is a multiple of 0.1 for people, though not in binary: a billionth of a step is forgiven. */
function isMultiple(value: number, step: number): boolean {
  const steps = value / step;
  return Math.abs(steps - Math.round(steps)) <= 1e-9 * Math.max(1, Math.abs(steps));
}

/** Characters as Python counts them, items, or keys. */
function sizeOf(value: unknown): number | undefined {
  if (typeof value === "string") return [...value].length;
  if (Array.isArray(value)) return value.length;
  return typeof value === "object" && value !== null ? Object.keys(value).length : undefined;
}
