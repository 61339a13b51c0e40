import type { LmError, LmFailureCode } from "../../lm/failure.ts";
import { type LanguageModel, type LmCompletion, type LmResponse } from "../../lm/language-model.ts";
import type { Labels } from "../../programs/run-terms.ts";
import type { Runtime } from "../../runtime/actor.ts";
import type { ActorRef } from "../../runtime/actor-ref.ts";
import type { CallRecord } from "./client-history.ts";
import { type AskedClient, requestEnded, tellRequestEnded, tellRequestStarted } from "./request-events.ts";
import type { OpenCall, ProviderState } from "./provider-state.ts";

/** How it ended, for the history. */
export interface CallEnd {
  readonly outcome: "ok" | LmFailureCode;
  /** What it cost, where it told that: an answer that failed, too. */
  readonly answer?: Pick<LmResponse, "usage" | "usd"> & { readonly model?: string };
  /** Where contents may be kept. */
  readonly completions?: readonly LmCompletion[] | undefined;
  readonly failure?: LmError;
}

/** The one place where what becomes of a client's calls is told, and written into its history. */
export interface ClientLog {
  /** It has its permit. */
  granted(holder: ActorRef, call: OpenCall): void;
  /** One that had its permit has ended. */
  ended(holder: ActorRef, call: OpenCall, end: CallEnd, now: number): void;
}

export function clientLog(runtime: Runtime, client: string, lm: LanguageModel, memory: ProviderState): ClientLog {
  const asked: AskedClient = { kind: "lm", client, provider: lm.provider, model: lm.model };
  return Object.freeze({
    granted: (holder: ActorRef, call: OpenCall) => tellRequestStarted(runtime, asked, holder.id, call),
    ended(holder: ActorRef, call: OpenCall, end: CallEnd, now: number): void {
      const { terms, about, messages, askedAt, grantedAt = askedAt } = call;
      const { outcome, answer, completions, failure } = end;
      const model = answer?.model ?? lm.model;
      const { usage, usd } = answer ?? {};
      if (requestEnded.active) {
        const tokens = usage && { tokens: usage };
        const cost = usd !== undefined && { usd };
        const refused = {
          ...(failure?.status !== undefined && { status: failure.status }),
          ...(failure?.requestId !== undefined && { requestId: failure.requestId }),
        };
        tellRequestEnded(runtime, asked, holder.id, call, { code: outcome, ...tokens, ...cost, ...refused });
      }
      const record: { -readonly [Name in keyof CallRecord]: CallRecord[Name] } = {
        client,
        run: terms.run,
        provider: lm.provider,
        model,
        at: runtime.clock.wallTime() - (now - askedAt),
        waitedMs: grantedAt - askedAt,
        ms: now - grantedAt,
        outcome,
      };
      // By hand: one is made for each request, and spreads cost several times as much.
      if (about !== undefined) {
        record.path = about.path;
        record.attempt = about.attempt;
      }
      if (hasAny(terms.labels)) record.labels = terms.labels;
      if (failure?.status !== undefined) record.status = failure.status;
      if (failure?.requestId !== undefined) record.requestId = failure.requestId;
      if (usage !== undefined) record.usage = usage;
      if (usd !== undefined) record.usd = usd;
      if (messages !== undefined) record.messages = messages;
      if (completions !== undefined) Object.assign(record, answered(completions));
      memory.history.add(record);
    },
  });
}

function hasAny(labels: Labels): boolean {
  for (const _name in labels) return true;
  return false;
}

function answered(completions: readonly LmCompletion[]): Pick<CallRecord, "answers" | "completions"> {
  const answers = completions.map(({ text }) => text);
  return completions.some(isMoreThanText) ? { answers, completions } : { answers };
}

function isMoreThanText({ toolCalls, logprobs, reasoning }: LmCompletion): boolean {
  return (toolCalls ?? logprobs ?? reasoning) !== undefined;
}
