import { expect, test } from "vitest";
import { LmError } from "../../../src/lm/failure.ts";
import { readEmbeddings } from "../../../src/lm/openai/embeddings.ts";

const base64 = (...values: number[]): string => Buffer.from(Float32Array.from(values).buffer).toString("base64");

test("vectors are read from numbers and from base64, in the order of the texts", () => {
  const data = [
    { index: 2, embedding: [0.5, 0.25] },
    { index: 0, embedding: base64(1, -2) },
    { index: 1, embedding: [0, 4] },
  ];
  const { vectors, usage } = readEmbeddings({ data, usage: { prompt_tokens: 7, total_tokens: 7 } }, 3);
  expect(vectors.map((vector) => [...(vector as Float32Array)])).toEqual([
    [1, -2],
    [0, 4],
    [0.5, 0.25],
  ]);
  expect(usage).toEqual({ inputTokens: 7, outputTokens: 0, totalTokens: 7 });
});

test("base64 of float32 keeps every bit of it", () => {
  const values = [Math.fround(0.1), -Math.fround(1e-30), Math.fround(3.4e38), 0];
  const { vectors } = readEmbeddings({ data: [{ index: 0, embedding: base64(...values) }] }, 1);
  expect([...(vectors[0] as Float32Array)]).toEqual(values);
});

test("without an index the order is the texts', and without usage nothing is counted", () => {
  const { vectors, usage } = readEmbeddings({ data: [{ embedding: [1] }, { embedding: [2] }] }, 2);
  expect(vectors.map((vector) => vector[0])).toEqual([1, 2]);
  expect(usage.totalTokens).toBe(0);
});

test.each<[string, unknown, RegExp]>([
  ["no object", "hello", /no list of vectors/],
  ["no list", { data: {} }, /no list of vectors/],
  ["too few", { data: [{ index: 0, embedding: [1] }] }, /^1 vectors came for 2 texts$/],
  ["one twice", { data: [0, 0].map((index) => ({ index, embedding: [1] })) }, /^two vectors came for text 1$/],
  ["an index that there is not", { data: [0, 2].map((index) => ({ index, embedding: [1] })) }, /none of the texts'/],
  ["an index of another kind", { data: ["0", 1].map((index) => ({ index, embedding: [1] })) }, /none of the texts'/],
  ["other lengths", { data: [{ embedding: [1] }, { embedding: [1, 2] }] }, /different lengths/],
  ["nothing", { data: [{ embedding: [] }, { embedding: [] }] }, /^the vector of text 1 is not of finite numbers$/],
  ["text in a list", { data: [{ embedding: ["1"] }, { embedding: [1] }] }, /not of finite numbers/],
  ["bytes that are no float32", { data: [{ embedding: "AAAAAAA=" }, { embedding: [1] }] }, /not of finite numbers/],
  ["NaN in base64", { data: [{ embedding: base64(Number.NaN) }, { embedding: [1] }] }, /not of finite numbers/],
])("an answer with %s is malformed", (_what, body, message) => {
  let thrown: unknown;
  try {
    readEmbeddings(body, 2);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(LmError);
  expect(thrown).toMatchObject({ code: "malformed_response", message: expect.stringMatching(message) });
});
