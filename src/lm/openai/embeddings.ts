import type { Embedded } from "../embedder.ts";
import { LmError } from "../failure.ts";
import { isRecord } from "../read-json.ts";
import { withUsage } from "../told-usage.ts";

const BYTES_PER_NUMBER = 4;

/**
 * The vectors in an answer of the embeddings endpoint, in the order of the texts, whatever order they came in. The bytes
 * of base64 are little-endian float32.
 *
 * @param texts how many were asked for
 * @throws LmError `malformed_response` where the body is no such answer: a vector missing or twice, of another length, or
 * of what is no finite number
 */
export function readEmbeddings(body: unknown, texts: number): Embedded {
  const inputTokens = isRecord(body) ? readTokens(body["usage"]) : 0;
  const usage = { inputTokens, outputTokens: 0, totalTokens: inputTokens };
  try {
    return { vectors: vectorsIn(body, texts), usage };
  } catch (thrown) {
    throw withUsage(thrown, usage);
  }
}

function vectorsIn(body: unknown, texts: number): readonly Float32Array[] {
  const data = isRecord(body) ? body["data"] : undefined;
  if (!isRecord(body) || !Array.isArray(data)) throw malformed("there is no list of vectors in it");
  if (data.length !== texts) throw malformed(`${data.length} vectors came for ${texts} texts`);
  const vectors: (Float32Array | undefined)[] = Array.from({ length: texts }, () => undefined);
  data.forEach((one: unknown, place) => {
    // Some servers say no index; then the order is the texts'.
    const index = isRecord(one) ? (one["index"] ?? place) : place;
    if (typeof index !== "number" || !(index in vectors)) throw malformed("a vector's index is none of the texts'");
    if (vectors[index] !== undefined) throw malformed(`two vectors came for text ${index + 1}`);
    vectors[index] = readVector(isRecord(one) ? one["embedding"] : undefined, index);
  });
  // As many as there are texts, and no index twice.
  const whole = vectors as Float32Array[];
  const { length } = whole[0] ?? [];
  if (whole.some((vector) => vector.length !== length)) throw malformed("the vectors have different lengths");
  return whole;
}

function readVector(embedding: unknown, index: number): Float32Array {
  const vector = typeof embedding === "string" ? decode(embedding) : numbers(embedding);
  if (vector === undefined || vector.length === 0 || !vector.every(Number.isFinite))
    throw malformed(`the vector of text ${index + 1} is not of finite numbers`);
  return vector;
}

function decode(base64: string): Float32Array | undefined {
  const bytes = Buffer.from(base64, "base64");
  if (bytes.length % BYTES_PER_NUMBER !== 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: bytes.length / BYTES_PER_NUMBER }, (_, at) =>
    view.getFloat32(at * BYTES_PER_NUMBER, true),
  );
}

function numbers(embedding: unknown): Float32Array | undefined {
  if (!Array.isArray(embedding) || !embedding.every((value) => typeof value === "number")) return undefined;
  return Float32Array.from(embedding);
}

function readTokens(usage: unknown): number {
  const tokens = isRecord(usage) ? (usage["prompt_tokens"] ?? usage["total_tokens"]) : undefined;
  return typeof tokens === "number" && Number.isFinite(tokens) && tokens > 0 ? tokens : 0;
}

function malformed(what: string): LmError {
  return new LmError(what, { code: "malformed_response" });
}
