import type { LmError, LmFailureCode } from "../../lm/failure.ts";
import {
  type LanguageModel,
  type LmCompletion,
  type LmResponse,
  NO_USAGE,
  type RequestAbout,
} from "../../lm/language-model.ts";
import type { LmMessage } from "../../lm/message.ts";
import { costOf, type Price, priceOf } from "../../lm/prices.ts";
import type { RunTerms } from "../../programs/run-terms.ts";
import type { Runtime } from "../../runtime/actor.ts";
import type { CallRecord } from "./client-history.ts";
import type { ProviderState } from "./provider-state.ts";
import { systemEnv } from "../system-env.ts";

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
  readonly answer?: Pick<LmResponse, "usage" | "model">;
  /** Where contents may be kept. */
  readonly completions?: readonly LmCompletion[] | undefined;
  readonly failure?: LmError;
}

/** Writes a client's calls into its history and its account. */
export interface ClientLog {
  ended(call: OpenCall, end: CallEnd, now: number): void;
}

export function clientLog(runtime: Runtime, client: string, lm: LanguageModel, memory: ProviderState): ClientLog {
  const { prices } = systemEnv(runtime);
  // Nearly always the same, and looking it up costs more than it should for each call.
  const known = new Map<string, Price | undefined>();
  const priceFor = (model: string): Price | undefined => {
    if (known.has(model)) return known.get(model);
    const price = priceOf(prices, model, lm.model);
    if (known.size < 100) known.set(model, price);
    return price;
  };
  return Object.freeze({
    ended({ terms, about, messages, askedAt, grantedAt = askedAt }: OpenCall, end: CallEnd, now: number): void {
      const { outcome, answer, completions, failure } = end;
      const model = answer?.model ?? lm.model;
      const price = priceFor(model);
      const usage = answer?.usage;
      const usd = usage === undefined || price === undefined ? undefined : costOf(usage, price);
      memory.account.add({ lmCalls: 1, usage: usage ?? NO_USAGE, usd: usd ?? 0 }, outcome !== "ok");
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
