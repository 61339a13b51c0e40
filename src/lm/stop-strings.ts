import type { LmCompletion, LmTokenLogprob } from "./language-model.ts";

/**
 * The text up to the first of the stop strings, for models that do not stop there by themselves: the one that is whole
 * first, since that is where a model stops.
 */
export function cutAtStop(
  text: string,
  stop: readonly string[] = [],
): { readonly text: string; readonly cut: boolean } {
  let first: { readonly at: number; readonly end: number } | undefined;
  for (const string of stop) {
    const at = string === "" ? -1 : text.indexOf(string);
    const end = at + string.length;
    const before = first === undefined || end < first.end || (end === first.end && at < first.at);
    if (at >= 0 && before) first = { at, end };
  }
  return first === undefined ? { text, cut: false } : { text: text.slice(0, first.at), cut: true };
}

/**
 * The completion as it would be had the model stopped there, and its text well formed: without the log probabilities of what is gone, and without
 * calls of tools, which would have come after it.
 */
export function cutCompletion(completion: LmCompletion, stop: readonly string[] | undefined): LmCompletion {
  const { text, cut } = cutAtStop(completion.text, stop);
  if (!cut) return text.isWellFormed() ? completion : { ...completion, text: wellFormed(text) };
  const { toolCalls: _, logprobs, ...rest } = completion;
  return {
    ...rest,
    text: wellFormed(text),
    finishReason: "stop",
    ...(logprobs && { logprobs: within(logprobs, text.length) }),
  };
}

function within(logprobs: readonly LmTokenLogprob[], length: number): readonly LmTokenLogprob[] {
  let end = 0;
  return logprobs.filter(({ token }) => (end += token.length) <= length);
}

export interface StopCutter {
  /** What may be passed on now: never a part of what turns out to be a stop string. */
  push(text: string): string;
  /** What was held back; call it once the text has ended. */
  end(): string;
  readonly cut: boolean;
}

/**
 * {@link cutAtStop} for text that comes in pieces. Each piece is well formed, since whoever passes it on encodes it by itself:
 * half a character waits for its other half, and becomes U+FFFD where that never comes.
 */
export function stopCutter(stop: readonly string[] = []): StopCutter {
  const hold = Math.max(0, ...stop.map((end) => end.length - 1));
  let held = "";
  let cut = false;
  return {
    push(text) {
      if (cut || text === "") return "";
      const found = hold === 0 && stop.length === 0 ? { text: held + text, cut: false } : cutAtStop(held + text, stop);
      cut = found.cut;
      const keep = cut ? found.text.length : wholeCharacters(found.text, Math.max(0, found.text.length - hold));
      held = found.text.slice(keep);
      return wellFormed(found.text.slice(0, keep));
    },
    end() {
      const rest = held;
      held = "";
      return wellFormed(rest);
    },
    get cut() {
      return cut;
    },
  };
}

/** The most of the first so many units of a text that does not end in half a character. */
function wholeCharacters(text: string, length: number): number {
  const last = length === 0 ? 0 : text.charCodeAt(length - 1);
  return last >= 0xd8_00 && last <= 0xdb_ff ? length - 1 : length;
}

/** Halves that a server left alone, in the way of whatever encodes them. */
function wellFormed(text: string): string {
  return text.isWellFormed() ? text : text.toWellFormed();
}
