import type { LmFinishReason } from "../../src/lm/language-model.ts";
import { textPieces } from "../../src/testing/scripted-reply.ts";

/** Answers of a model that keeps to token limits (a word is a token) and to `n`, for models whose replies are scripted. */
export function obedientAnswer(
  text: string,
  settings: { readonly maxTokens?: number | undefined; readonly n?: number | undefined },
): readonly {
  readonly text: string;
  readonly finishReason: LmFinishReason;
  readonly usage: { readonly outputTokens: number };
}[] {
  const { maxTokens = Infinity, n = 1 } = settings;
  const words = textPieces(text);
  const cut = words.length > maxTokens;
  const said = cut ? words.slice(0, maxTokens) : words;
  const usage = { outputTokens: said.length * n };
  return Array.from({ length: n }, () => ({ text: said.join(""), finishReason: cut ? "length" : "stop", usage }));
}
