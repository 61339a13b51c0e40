import type { LmError, LmFailureCode } from "../../lm/failure.ts";
import { type LanguageModel, type LmCompletion, type LmResponse, type RequestAbout } from "../../lm/language-model.ts";
import type { LmMessage } from "../../lm/message.ts";
import type { RunTerms } from "../../programs/run-terms.ts";
import type { Runtime } from "../../runtime/actor.ts";
import type { CallRecord } from "./client-history.ts";
import type { ProviderState } from "./provider-state.ts";

/** A request that has asked for a permit, and has it or waits for it. */
export interface OpenCall {
  readonly terms: RunTerms;
  readonly about: RequestAbout | undefined;
  readonly messages: readonly LmMessage[] | undefined;
  readonly askedAt: number;
  /** Undefined: it waits. */
  grantedAt: number | undefined;
}

/** How it ended, for the history. */
export interface CallEnd {
  readonly outcome: "ok" | LmFailureCode;
  readonly answer?: Pick<LmResponse, "usage" | "usd" | "model">;
  /** Where contents may be kept. */
  readonly completions?: readonly LmCompletion[] | undefined;
  readonly failure?: LmError;
}

/** Writes a client's calls into its history. */
export interface ClientLog {
  ended(call: OpenCall, end: CallEnd, now: number): void;
}

export function clientLog(runtime: Runtime, client: string, lm: LanguageModel, memory: ProviderState): ClientLog {
  return Object.freeze({
    ended({ terms, about, messages, askedAt, grantedAt = askedAt }: OpenCall, end: CallEnd, now: number): void {
      const { outcome, answer, completions, failure } = end;
      const model = answer?.model ?? lm.model;
      const { usage, usd } = answer ?? {};
      memory.history.add({
        client,
        run: terms.run,
        ...(about && { path: about.path, attempt: about.attempt }),
        ...(Object.keys(terms.labels).length > 0 && { labels: terms.labels }),
        provider: lm.provider,
        model,
        at: runtime.clock.wallTime() - (now - askedAt),
        waitedMs: grantedAt - askedAt,
        ms: now - grantedAt,
        outcome,
        ...(failure?.status !== undefined && { status: failure.status }),
        ...(failure?.requestId !== undefined && { requestId: failure.requestId }),
        ...(usage !== undefined && { usage }),
        ...(usd !== undefined && { usd }),
        ...(messages !== undefined && { messages }),
        ...(completions !== undefined && answered(completions)),
      });
    },
  });
}

function answered(completions: readonly LmCompletion[]): Pick<CallRecord, "answers" | "completions"> {
  const answers = completions.map(({ text }) => text);
  return completions.some(isMoreThanText) ? { answers, completions } : { answers };
}

function isMoreThanText({ toolCalls, logprobs, reasoning }: LmCompletion): boolean {
  return (toolCalls ?? logprobs ?? reasoning) !== undefined;
}
