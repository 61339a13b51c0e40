import { counted, inDollars, inTime } from "../../foundation/figure-text.ts";
import { eventKind, stamp, type TelemetryEvent } from "../../foundation/telemetry.ts";
import type { LmFailureCode } from "../../lm/failure.ts";
import type { LmUsage, RequestAbout } from "../../lm/language-model.ts";
import type { Labels, RunTerms } from "../../programs/run-terms.ts";
import type { ActorRef } from "../../runtime/actor-ref.ts";
import type { From, Runtime } from "../../runtime/actor.ts";
import { onBehalfOf } from "../../runtime/self.ts";

export interface RequestEvent extends TelemetryEvent {
  /** Of its process, in all events about it: pairs its end with its start, and both with `actor:started`. */
  readonly actor: number;
  readonly kind: "lm" | "search";
  readonly client: string;
  readonly run: string;
  readonly labels?: Labels;
  /** Of the predictor or the search that asked, and which of its requests it is, from 1. Left out: nobody said. */
  readonly path?: string;
  readonly attempt?: number;
  /** As the client asks for it; `provider` and `model` are left out for a search. */
  readonly provider?: string;
  readonly model?: string;
  /** Milliseconds for its permit. */
  readonly waitedMs: number;
}

/** A request to a model, or a search, has its permit and goes out. */
export const requestStarted = eventKind<RequestEvent>(
  "request:started",
  "debug",
  ({ kind, run, client, model, waitedMs }) => {
    const waited = waitedMs < 1 ? "" : ` after ${inTime(waitedMs)} in line`;
    return `${run}: ${kind === "lm" ? `asks ${whom(client, model)}` : `searches ${client}`}${waited}`;
  },
);

/** A client is often called by what it is. */
function whom(client: string, model: string | undefined): string {
  return model === undefined ? client : `${client} (${model})`;
}

/**
 * It has ended, in whatever way: exactly one for each that was told as started. One whose client was killed is told, as
 * `client_down`, by the client that comes after it.
 */
export const requestEnded = eventKind<
  RequestEvent & {
    readonly code: "ok" | LmFailureCode;
    /** Milliseconds from its permit. */
    readonly ms: number;
    /** Of these, until the first text of a streamed answer, or the first byte of a whole one where the model tells of it. */
    readonly firstByteMs?: number;
    /** Left out where it brought no answer that tells them. */
    readonly tokens?: LmUsage;
    /** US dollars, where the model's price is known. */
    readonly usd?: number;
    readonly status?: number;
    readonly requestId?: string;
  }
>("request:ended", "info", ({ kind, run, client, model, code, ms, tokens, usd, status }) => {
  const name = whom(client, model);
  if (code !== "ok")
    return `${run}: ${name} failed after ${inTime(ms)}: ${code}${status === undefined ? "" : ` (${status})`}`;
  const spent = [
    ...(tokens !== undefined && tokens.totalTokens > 0 ? [counted(tokens.totalTokens, "token")] : []),
    ...(usd !== undefined && usd > 0 ? [inDollars(usd)] : []),
  ];
  return [`${run}: ${name} ${kind === "lm" ? "answered" : "searched"} in ${inTime(ms)}`, ...spent].join(", ");
});

/** Whose request or search it is, and where it stands. */
export interface OpenRequest {
  readonly terms: RunTerms;
  readonly about: RequestAbout | undefined;
  readonly askedAt: number;
  /** Undefined: it waits. */
  grantedAt: number | undefined;
  /** When its answer began, where anybody wants to know and it can be known. */
  beganAt: number | undefined;
  /** For telling of it in its caller's context; only where anybody listens. */
  readonly from: From | undefined;
}

/** A search that holds a permit or waits for one. */
export interface OpenSearch extends OpenRequest {
  usage: LmUsage | undefined;
}

/**
 * Those that somebody watches, by their processes. They outlive the client's process: what is left when one begins has ended
 * with the one before.
 */
export type WatchedSearches = Map<ActorRef, OpenSearch>;

/** Who was asked. */
export type AskedClient = Pick<RequestEvent, "kind" | "client" | "provider" | "model">;

/** Whether it is of any use to remember more of a request than is needed to grant it. */
export function requestsAreWatched(): boolean {
  return requestStarted.active || requestEnded.active;
}

/** Told once it has its permit. */
export function tellRequestStarted(runtime: Runtime, asked: AskedClient, actor: number, request: OpenRequest): void {
  if (!requestStarted.active) return;
  inItsContext(request, () => requestStarted.publish(eventOf(runtime, asked, actor, request)));
}

/** How it ended, beside what its start said. */
export type RequestEnd = Pick<
  Parameters<typeof requestEnded.publish>[0],
  "code" | "tokens" | "usd" | "status" | "requestId"
>;

/** Told once, of one that had its permit. */
export function tellRequestEnded(
  runtime: Runtime,
  asked: AskedClient,
  actor: number,
  request: OpenRequest,
  end: RequestEnd,
): void {
  if (!requestEnded.active) return;
  const { askedAt, grantedAt = askedAt, beganAt } = request;
  const ms = runtime.clock.now() - grantedAt;
  const began = beganAt !== undefined && { firstByteMs: beganAt - grantedAt };
  inItsContext(request, () =>
    requestEnded.publish({ ...eventOf(runtime, asked, actor, request), ms, ...began, ...end }),
  );
}

function eventOf(runtime: Runtime, asked: AskedClient, actor: number, request: OpenRequest): RequestEvent {
  const { terms, about, askedAt, grantedAt = askedAt } = request;
  return {
    ...stamp(runtime),
    actor,
    ...asked,
    run: terms.run,
    ...(Object.keys(terms.labels).length > 0 && { labels: terms.labels }),
    ...(about && { path: about.path, attempt: about.attempt }),
    waitedMs: grantedAt - askedAt,
  };
}

/** Who listens does so for whoever made the request, and not for whoever's message the client happens to handle. */
function inItsContext({ from }: OpenRequest, tell: () => void): void {
  if (from === undefined) tell();
  else onBehalfOf(from, tell);
}
