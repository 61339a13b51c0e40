// What a conversation with a model is about, and where it stands.
import type { Adapter, AdapterStep, AskStep, FieldValues, PreparedPrompt } from "../../adapters/adapter.ts";
import type { Ledger } from "../../lm/ledger/ledger.ts";
import type { LmSampling } from "../../lm/sampling.ts";
import type { Field } from "../../signatures/field/field.ts";
import { checkOutputs } from "../../signatures/outputs.ts";
import type { Refinement } from "../../signatures/refinement.ts";
import type { CallContext, ContextClient } from "../call-context.ts";
import type { Exchange } from "../prediction.ts";
import type { OnUnparsable } from "../program.ts";
import type { Bookkeeping } from "./bookkeeping.ts";
import type { StreamedAnswers } from "./streamed-answer.ts";

/** What is the same for all conversations of a predictor. */
export interface ConversationFacts {
  /** The predictor's. */
  readonly name: string;
  /** The name of its client, and its own layout, where it has them. */
  readonly client: string | undefined;
  readonly adapter: Adapter | undefined;
  promptOf(adapter: Adapter): PreparedPrompt;
  /** The same without demos. */
  barePromptOf(adapter: Adapter): PreparedPrompt;
  readonly onUnparsable: OnUnparsable;
  readonly outputs: readonly Field[];
  /** What must hold between the outputs. */
  readonly refinement: Refinement | undefined;
  readonly config: LmSampling;
}

export interface ConversationOptions {
  readonly facts: ConversationFacts;
  /** As prompts show them. */
  readonly inputs: FieldValues;
  readonly context: CallContext;
  /** Takes every request and what came of it. Undefined: nobody wants to know. */
  readonly exchanges: Exchange[] | undefined;
}

/** A conversation under way. */
export interface Talk {
  readonly given: ConversationOptions;
  readonly client: ContextClient;
  readonly startedAt: number;
  readonly books: Bookkeeping;
  /** What this call spends, apart from what else its part of the program does. */
  readonly ledger: Ledger;
  readonly teller: StreamedAnswers | undefined;
  /** `answered`: requests that brought what was asked for, which use no attempt up. */
  readonly attempts: { made: number; answered: number };
  repairs: number;
  repairsInARow: number;
  adapter: Adapter;
  /** The next question. */
  asking: AskStep;
  /** Where somebody wants to know what was asked: the first one, and its layout. */
  readonly first: { readonly asked: AskStep; readonly adapter: Adapter } | undefined;
}

/** The first question in a layout. */
export function firstQuestion(
  { facts, inputs }: ConversationOptions,
  { lm }: ContextClient,
  adapter: Adapter,
): AskStep {
  return facts.promptOf(adapter).begin(inputs, lm.capabilities);
}

/** What adapters have read, if it is all that the signature asks for. */
export function checked(step: AdapterStep, { outputs, refinement }: ConversationFacts): AdapterStep {
  if (step.kind !== "done") return step;
  const found = checkOutputs(outputs, refinement, step.fields);
  if (found.ok) return { ...step, fields: found.values };
  const { problem, field } = found;
  return { kind: "unreadable", problem, ...(field && { field }), raw: step.raw, again: step.again(problem) };
}
