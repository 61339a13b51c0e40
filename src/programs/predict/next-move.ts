import type { AdapterStep } from "../../adapters/adapter.ts";
import type { LmFailureCode } from "../../lm/failure.ts";
import type { LmFinishReason } from "../../lm/language-model.ts";
import type { OnUnparsable } from "../program.ts";

/** What a conversation may do. */
export interface ConversationRules {
  readonly onUnparsable: OnUnparsable;
  /** How often one output is asked for again. */
  readonly maxRepairs: number;
  /** Requests that bring nothing, and those that ask again, all in all. */
  readonly maxAttempts: number;
}

/** Where a conversation stands. */
export interface Standing {
  /** Requests so far, but for those that brought what was asked for. */
  readonly attempts: number;
  /** Of these: how often in a row an answer could not be read. */
  readonly repairsInARow: number;
  /** Whether it is led in the JSON layout already. */
  readonly inJson: boolean;
}

/** An answer, as far as it decides what comes next. */
export interface AnswerFacts {
  /** Undefined: the response holds none. */
  readonly finishReason: LmFinishReason | undefined;
  /** What the adapter made of it, and the signature's own checks. */
  readonly read: AdapterStep["kind"];
  /** The adapter could read it, and then it broke a rule of the signature: asked again, all outputs come anew. */
  readonly isWhole: boolean;
  /** Whether somebody has heard of this answer's beginning; and of any answer of the conversation. */
  readonly told: boolean;
  readonly toldAny: boolean;
}

/**
 * `done`: every output is there. `go_on`: the adapter has a next question. `ask_again`: the same once more, with the problem
 * said. `start_over`: all of it anew, in the JSON layout. `fail`: with that code.
 */
export type Move =
  | { readonly kind: "done" | "go_on" | "ask_again" | "start_over" }
  | { readonly kind: "fail"; readonly code: LmFailureCode };

/** What comes after an answer. */
export function nextMove(rules: ConversationRules, standing: Standing, answer: AnswerFacts): Move {
  const { finishReason, read } = answer;
  if (finishReason === undefined) return fail("malformed_response");
  // Whatever text came along is not what the model meant to say.
  if (finishReason === "content_filter") return fail("content_filter");
  if (read === "done") return DONE;
  if (read === "ask") return GO_ON;
  // More of the same would be cut off again.
  if (finishReason === "length") return fail("cut_off");
  const { onUnparsable, maxRepairs, maxAttempts } = rules;
  const { attempts, repairsInARow, inJson } = standing;
  const fromTheStart = answer.isWhole || onUnparsable === "json";
  const comesAnew = fromTheStart ? answer.toldAny : answer.told;
  const over = onUnparsable === "fail" || comesAnew || repairsInARow >= maxRepairs || attempts >= maxAttempts;
  if (over) return fail("unparsable_output");
  return onUnparsable === "json" && !inJson ? START_OVER : ASK_AGAIN;
}

function fail(code: LmFailureCode): Move {
  return { kind: "fail", code };
}

const DONE: Move = Object.freeze({ kind: "done" });
const GO_ON: Move = Object.freeze({ kind: "go_on" });
const ASK_AGAIN: Move = Object.freeze({ kind: "ask_again" });
const START_OVER: Move = Object.freeze({ kind: "start_over" });
