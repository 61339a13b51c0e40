import { digest } from "../../foundation/digest.ts";
import type { AnyExample } from "../example.ts";
import { valueFacts } from "../example.ts";

/** 128 bits: as short as a million of them want to be. */
const LENGTH = 22;

/** What a prediction is found by again. @param ground of its candidate */
export function predictionKey(ground: string, { id, inputs }: AnyExample, sample: number): string {
  return digest([ground, id, sample, valueFacts(inputs, "input")]).slice(0, LENGTH);
}

/** What a score is found by again. @param prediction the key of what it scores */
export function scoreKey(metric: string, prediction: string, { labels }: AnyExample): string {
  return digest([metric, prediction, valueFacts(labels, "label")]).slice(0, LENGTH);
}

/** A name for what a set asks, in its order: other labels are the metric's affair. */
export function digestOfInputs(examples: readonly AnyExample[]): string {
  return digest(examples.map(({ id, inputs }) => [id, digest(valueFacts(inputs, "input"))])).slice(0, LENGTH);
}
