import type { LlamaGrammar, Token } from "./engine.ts";
import type { LmCompletion } from "../language-model.ts";
import type { LlamaLane } from "./loaded.ts";
import { commonPrefix } from "./sequences.ts";
import { cutAtStop, stopCutter } from "../stop-strings.ts";

export interface CompleteOptions {
  readonly maxTokens: number;
  readonly temperature: number;
  readonly seed: number | undefined;
  /** 1 means none. */
  readonly repeatPenalty: number;
  readonly stop: readonly string[];
  readonly grammar: LlamaGrammar | undefined;
  readonly signal: AbortSignal;
  readonly onText: ((text: string) => void) | undefined;
}

export interface Completed extends LmCompletion {
  readonly outputTokens: number;
  /** Tokens of the prompt that the lane still remembered. */
  readonly cachedTokens: number;
}

/** How much of a prompt is read between two looks at the signal: half a second's worth on one slow core. */
const READ_AT_ONCE = 64;

/**
 * Reads what the lane does not remember of the prompt and writes one completion.
 *
 * @param prompt with the model's first token, where it wants one
 * @throws the signal's reason when it aborts
 */
export async function complete(
  { sequence, completion }: LlamaLane,
  prompt: readonly Token[],
  firstToken: Token | undefined,
  options: CompleteOptions,
): Promise<Completed> {
  const { signal, stop } = options;
  // The last token is read together with the first that is written.
  const head = prompt.slice(0, -1);
  const cachedTokens = commonPrefix(sequence.contextTokens, head);
  await sequence.adaptStateToTokens(head, false);
  for (let at = sequence.nextTokenIndex; at < head.length; at += READ_AT_ONCE) {
    signal.throwIfAborted();
    await sequence.evaluateWithoutGeneratingNewTokens(head.slice(at, at + READ_AT_ONCE));
  }
  signal.throwIfAborted();

  const before = sequence.tokenMeter.getState();
  // The engine finds a stop text only where a token begins; ours may begin inside one.
  const cutter = stopCutter(stop);
  const atStop = new AbortController();
  // The engine puts the first token before the prompt by itself.
  const input = firstToken === undefined ? [...prompt] : prompt.slice(1);
  const { response, metadata } = await completion.generateCompletionWithMeta(input, {
    signal: AbortSignal.any([signal, atStop.signal]),
    stopOnAbortSignal: true,
    maxTokens: options.maxTokens,
    temperature: options.temperature,
    // The engine's own default is a penalty of 1.1, which breaks layouts that repeat their labels.
    repeatPenalty: options.repeatPenalty === 1 ? false : { penalty: options.repeatPenalty },
    // By default it would cut a long prompt's beginning off to make room; ours is known to fit.
    contextShiftSize: 1,
    disableContextShift: true,
    ...(options.seed !== undefined && { seed: options.seed }),
    ...(options.grammar && { grammar: options.grammar }),
    onTextChunk(chunk) {
      const text = cutter.push(chunk);
      if (text !== "") options.onText?.(text);
      if (cutter.cut) atStop.abort();
    },
  });
  signal.throwIfAborted();
  const { text, cut } = cutAtStop(response, stop);
  return {
    text,
    finishReason: metadata.stopReason === "maxTokens" && !cut ? "length" : "stop",
    outputTokens: sequence.tokenMeter.diff(before).usedOutputTokens,
    cachedTokens,
  };
}
