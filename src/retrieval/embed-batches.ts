import type { EmbedderBatch } from "../lm/embedder.ts";

/**
 * The texts in their order, cut into batches that are within both limits; a text that is too long by itself is a batch of
 * its own, for its service to judge.
 */
export function batchesOf(texts: readonly string[], { texts: most, bytes: mostBytes }: EmbedderBatch): string[][] {
  const batches: string[][] = [];
  let bytes = 0;
  for (const text of texts) {
    const size = Buffer.byteLength(text);
    const last = batches.at(-1);
    if (last !== undefined && last.length < most && bytes + size <= mostBytes) {
      last.push(text);
      bytes += size;
    } else {
      batches.push([text]);
      bytes = size;
    }
  }
  return batches;
}
