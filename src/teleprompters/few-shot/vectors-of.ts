import type { FieldValues } from "../../adapters/adapter.ts";
import { LmError } from "../../lm/failure.ts";
import type { EmbedderSpec } from "../../lm/embedder.ts";
import { batchesOf } from "../../retrieval/embed-batches.ts";
import type { Embed } from "../../retrieval/embedding-index.ts";

/** Texts that are asked for at once of a function. */
const BATCH = { texts: 64, bytes: Infinity };

/**
 * A vector for each text, as it was given: DSPy's neighbours go by dot products.
 * @throws LmError (rejects) `malformed_response` for what is not one vector of finite numbers for each text, all of one length;
 *   what `embed` rejects with
 */
export async function vectorsOf(
  embed: Embed | EmbedderSpec,
  texts: readonly string[],
  signal?: AbortSignal,
): Promise<readonly Float64Array[]> {
  const options = signal === undefined ? {} : { signal };
  const vectors: Float64Array[] = [];
  const opened = typeof embed === "function" ? undefined : await embed.open();
  try {
    for (const some of batchesOf(texts, opened?.batch ?? BATCH)) {
      const given =
        typeof embed === "function" ? await embed(some, options) : (await opened?.embed(some, options))?.vectors;
      vectors.push(...readVectors(given, some.length, vectors[0]?.length));
    }
  } finally {
    await opened?.close();
  }
  return vectors;
}

function readVectors(given: readonly ArrayLike<number>[] | undefined, count: number, length?: number): Float64Array[] {
  if (!Array.isArray(given) || given.length !== count) throw wrong(`a vector for each of ${count} texts`);
  const read = given.map((vector: ArrayLike<number>) => Float64Array.from(vector));
  const expected = length ?? read[0]?.length;
  for (const vector of read)
    if (vector.length === 0 || vector.length !== expected || !vector.every(Number.isFinite))
      throw wrong("vectors of finite numbers, all of one length");
  return read;
}

function wrong(expected: string): LmError {
  return new LmError(`knnFewShot: expected ${expected} from embed`, { code: "malformed_response", retryable: false });
}

/** Places of the vectors with the greatest dot products, nearest first; of equals the earlier. */
export function nearestPlaces(
  asked: ArrayLike<number>,
  vectors: readonly Float64Array[],
  k: number,
): readonly number[] {
  const scored = vectors.map((vector, place) => ({ place, score: dot(asked, vector) }));
  const sorted = scored.toSorted((one, other) => other.score - one.score);
  return sorted.slice(0, k).map(({ place }) => place);
}

function dot(one: ArrayLike<number>, other: Float64Array): number {
  return other.reduce((sum, value, at) => sum + value * (one[at] ?? 0), 0);
}

/** `name: value`, joined by ` | `: first the names of the set's inputs, in their order, however a call gives them. */
export function textOfInputs(names: readonly string[], inputs: FieldValues): string {
  const others = Object.keys(inputs).filter((name) => !names.includes(name));
  return [...names, ...others]
    .filter((name) => inputs[name] !== undefined)
    .map((name) => `${name}: ${textOf(inputs[name])}`)
    .join(" | ");
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
