import { z } from "zod";
import { NO_USAGE, addUsage } from "../lm/language-model.ts";
import { LOGPROB_SCHEMA, MESSAGE_SCHEMA, strict, USAGE_SCHEMA } from "../lm/strict-data.ts";
import type { Prediction, PredictionMeta } from "./program.ts";

/**
 * A prediction: frozen, its fields enumerable in the order given, `$meta` not, so that printing it, spreading it,
 * comparing it and `JSON.stringify` show the fields alone.
 */
export function prediction<Outputs extends object>(fields: object, meta: PredictionMeta): Prediction<Outputs> {
  const made = { ...fields };
  Object.defineProperty(made, "$meta", { value: Object.freeze(meta), enumerable: false });
  // Readers have checked the fields against the signature's outputs, which is what `Outputs` says.
  return Object.freeze(made) as Prediction<Outputs>;
}

/** `$meta` as records hold it; what stands in the trace is read by whoever knows of steps. */
export const META_SCHEMA = strict<Omit<PredictionMeta, "trace"> & { readonly trace?: readonly unknown[] }>({
  usage: USAGE_SCHEMA,
  messages: z.array(MESSAGE_SCHEMA),
  usd: z.number().exactOptional(),
  attempts: z.int().min(0),
  repairs: z.int().min(0),
  mended: z.array(z.string()),
  client: z.string(),
  model: z.string(),
  adapter: z.string(),
  logprobs: z.array(LOGPROB_SCHEMA).exactOptional(),
  reasoning: z.string().exactOptional(),
  trace: z.array(z.unknown()).exactOptional(),
  ms: z.number(),
});

/** What several calls cost together; conversation, client and model are those of the last one that asked a model. */
export function combineMeta(metas: readonly PredictionMeta[], ms: number): PredictionMeta {
  const last = metas.findLast(({ model }) => model !== "") ?? metas.at(-1);
  const usd = metas.every((meta) => meta.usd !== undefined) ? sum(metas, (meta) => meta.usd ?? 0) : undefined;
  return {
    usage: metas.map(({ usage }) => usage).reduce(addUsage, NO_USAGE),
    ...(usd !== undefined && { usd }),
    messages: last?.messages ?? [],
    // Searches are no requests to a model.
    attempts: sum(metas, ({ attempts, model }) => (model === "" ? 0 : attempts)),
    repairs: sum(metas, ({ repairs }) => repairs),
    mended: metas.flatMap(({ mended }) => mended),
    client: last?.client ?? "",
    model: last?.model ?? "",
    adapter: last?.adapter ?? "",
    ms,
  };
}

function sum(metas: readonly PredictionMeta[], count: (meta: PredictionMeta) => number): number {
  return metas.reduce((total, meta) => total + count(meta), 0);
}
