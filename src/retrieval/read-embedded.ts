import { isRecord } from "../lm/read-json.ts";
import type { LmUsage } from "../lm/language-model.ts";
import { toldUsage } from "../lm/told-usage.ts";
import { wrongAnswer } from "./check-found.ts";

export interface ReadVectors {
  /** Each of length 1, so that a cosine is a sum of products; one of nothing but zeros stays as it is. */
  readonly vectors: readonly Float32Array[];
  readonly usage: LmUsage;
}

export interface ExpectedVectors {
  /** Whose they are, for the error. */
  readonly what: string;
  /** So many. */
  readonly texts: number;
  /** So long, where some have come before. Default: all as long as the first. */
  readonly length: number | undefined;
}

/**
 * What an embedder gave, which may be anybody's code.
 * @throws LmError `malformed_response`, not retryable, for what is not one vector of finite numbers for each text, all of
 * one length
 */
export function readEmbedded(embedded: unknown, { what, texts, length }: ExpectedVectors): ReadVectors {
  if (!isRecord(embedded)) throw wrongAnswer(what, "vectors and a usage from embed", embedded);
  const { vectors: given, usage } = embedded;
  if (!Array.isArray(given) || given.length !== texts)
    throw wrongAnswer(what, `a vector for each of ${texts} texts from embed`, given);
  let expected = length;
  const vectors = given.map((vector: unknown) => {
    if (!isList(vector)) throw wrongAnswer(what, "a list of numbers as a vector from embed", vector);
    const unit = unitVector(vector);
    if (unit === undefined) throw wrongAnswer(what, "finite numbers in a vector from embed", vector);
    expected ??= unit.length;
    if (unit.length !== expected || unit.length === 0)
      throw wrongAnswer(what, `vectors of one length from embed, here ${expected || "1 or more"}`, Array.from(unit));
    return unit;
  });
  return { vectors, usage: toldUsage(usage) };
}

function isList(value: unknown): value is ArrayLike<number> {
  return Array.isArray(value) || (isRecord(value) && Number.isInteger(value["length"]));
}

function unitVector(vector: ArrayLike<number>): Float32Array | undefined {
  const unit = Float32Array.from(vector);
  let sum = 0;
  for (const value of unit) sum += value * value;
  const length = Math.sqrt(sum);
  if (!Number.isFinite(length)) return undefined;
  return length === 0 ? unit : unit.map((value) => value / length);
}
