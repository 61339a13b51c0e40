import type { LmRequest } from "../../lm/language-model.ts";
import type { LmMessage, LmTool } from "../../lm/message.ts";
import { isPrediction, type Prediction, type TraceStep } from "../prediction.ts";

/** A predictor's call as a model could be taught it: the question as its layout puts it, and the answer as its layout writes it. */
export interface TrainingCall {
  /** The first question, as it was sent; nothing of answers that could not be read. */
  readonly messages: readonly LmMessage[];
  /** The same without demos. Left out: there were none. */
  readonly bare?: readonly LmMessage[];
  /** Those that the model was offered. Left out: none. */
  readonly tools?: readonly LmTool[];
  /** The predictor's outputs as its layout writes them in demos, with the model's calls of tools. */
  readonly answer: LmMessage;
}

interface Asked {
  readonly request: LmRequest;
  bare(): LmRequest;
}

/** No state: each is made of its key's own conversation, and goes with it. Records know nothing of it. */
const asked = new WeakMap<Prediction<object>, Asked>();

/** Keeps how a prediction was asked for, for as long as it lives. */
export function trainingCallIsOf(made: Prediction<object>, request: LmRequest, bare: () => LmRequest): void {
  asked.set(made, { request, bare });
}

/** Undefined: it is no call of a predictor that came to something in this process. */
export function trainingCallOf({ prediction: made, exchanges }: TraceStep): TrainingCall | undefined {
  const known = made && isPrediction(made) ? asked.get(made) : undefined;
  if (made === undefined || known === undefined) return undefined;
  const { request } = known;
  const { tools, writeAnswer } = request;
  const messages = unopened(request);
  const bare = unopened(known.bare());
  const last = made.$meta.messages.at(-1);
  const { toolCalls: calls = [] } = exchanges.at(-1)?.response?.completions[0] ?? {};
  // A turn that was opened for the model grows with each of its answers: there the whole of it is the answer. Beside calls stands
  // what the model has said with them.
  const isWhole = messages.length < request.messages.length || calls.length > 0 || writeAnswer === undefined;
  const content = isWhole ? (last?.content ?? "") : writeAnswer({ ...made });
  const call: TrainingCall = {
    messages,
    ...(bare.length < messages.length && { bare }),
    ...(tools !== undefined && tools.length > 0 && { tools }),
    answer: { role: "assistant", content, ...(calls.length > 0 && { toolCalls: calls }) },
  };
  return Object.freeze(call);
}

function unopened({ messages }: LmRequest): readonly LmMessage[] {
  return messages.at(-1)?.role === "assistant" ? messages.slice(0, -1) : messages;
}
