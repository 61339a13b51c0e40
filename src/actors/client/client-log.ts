import type { LmError, LmFailureCode } from "../../lm/failure.ts";
import { type LanguageModel, type LmCompletion, type LmResponse, NO_USAGE } from "../../lm/language-model.ts";
import { costOf, type Price, priceOf } from "../../lm/prices.ts";
import type { Runtime } from "../../runtime/actor.ts";
import type { ActorRef } from "../../runtime/actor-ref.ts";
import type { CallRecord } from "./client-history.ts";
import { type AskedClient, requestEnded, tellRequestEnded, tellRequestStarted } from "./request-events.ts";
import type { OpenCall, ProviderState } from "./provider-state.ts";
import { systemEnv } from "../system-env.ts";

/** How it ended, for the history. */
export interface CallEnd {
  readonly outcome: "ok" | LmFailureCode;
  readonly answer?: Pick<LmResponse, "usage" | "model">;
  /** Where contents may be kept. */
  readonly completions?: readonly LmCompletion[] | undefined;
  readonly failure?: LmError;
}

/** The one place where what becomes of a client's calls is told, written into its history, and counted in its account. */
export interface ClientLog {
  /** It has its permit. */
  granted(holder: ActorRef, call: OpenCall): void;
  /** One that had its permit has ended. */
  ended(holder: ActorRef, call: OpenCall, end: CallEnd, now: number): void;
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
  const asked: AskedClient = { kind: "lm", client, provider: lm.provider, model: lm.model };
  return Object.freeze({
    granted: (holder: ActorRef, call: OpenCall) => tellRequestStarted(runtime, asked, holder.id, call),
    ended(holder: ActorRef, call: OpenCall, end: CallEnd, now: number): void {
      const { terms, about, messages, askedAt, grantedAt = askedAt } = call;
      const { outcome, answer, completions, failure } = end;
      const model = answer?.model ?? lm.model;
      const price = priceFor(model);
      const usage = answer?.usage;
      const usd = usage === undefined || price === undefined ? undefined : costOf(usage, price);
      memory.account.add({ lmCalls: 1, usage: usage ?? NO_USAGE, usd: usd ?? 0 }, outcome !== "ok");
      const refused = {
        ...(failure?.status !== undefined && { status: failure.status }),
        ...(failure?.requestId !== undefined && { requestId: failure.requestId }),
      };
      const cost = usd !== undefined && { usd };
      if (requestEnded.active) {
        const tokens = usage && { tokens: usage };
        tellRequestEnded(runtime, asked, holder.id, call, { code: outcome, ...tokens, ...cost, ...refused });
      }
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
        ...refused,
        ...(usage !== undefined && { usage }),
        ...cost,
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
