import type { LmTokenLogprob } from "../language-model.ts";
import { isRecord } from "../read-json.ts";

/**
 * A list of log probabilities as both of OpenAI's protocols write it; undefined where there is none, and where one of its
 * entries cannot be read: those that are left would not fit the text.
 */
export function readLogprobs(list: unknown): readonly LmTokenLogprob[] | undefined {
  if (!Array.isArray(list)) return undefined;
  const read: LmTokenLogprob[] = [];
  for (const entry of list as readonly unknown[]) {
    const one = readOne(entry);
    if (one === undefined || !isRecord(entry)) return undefined;
    const others = entry["top_logprobs"];
    const top = Array.isArray(others) ? others.map(readOne).filter((other) => other !== undefined) : [];
    read.push({ ...one, ...(top.length > 0 && { top }) });
  }
  return read;
}

function readOne(entry: unknown): { readonly token: string; readonly logprob: number } | undefined {
  if (!isRecord(entry)) return undefined;
  const { token, logprob } = entry;
  return typeof token === "string" && typeof logprob === "number" ? { token, logprob } : undefined;
}
