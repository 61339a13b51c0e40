import { counted, inTime } from "../../foundation/figure-text.ts";
import { eventKind, stamp, type TelemetryEvent } from "../../foundation/telemetry.ts";
import type { CircuitState } from "../../lm/limits/circuit-breaker.ts";
import { refusalText, type StandingRefusal } from "../../lm/limits/standing-refusal.ts";
import type { Runtime } from "../../runtime/actor.ts";

export interface ClientEvent extends TelemetryEvent {
  readonly client: string;
}

/**
 * The provider refuses everything: nothing starts at this client for so long, and then one request at a time, until one
 * comes through. Told once, when that begins.
 */
export const clientPaused = eventKind<
  ClientEvent & { readonly ms: number; readonly code: string; readonly waiting: number }
>(
  "client:paused",
  "warn",
  ({ client, ms, code, waiting }) => `client ${client} pauses for ${inTime(ms)} after ${code}; ${waiting} waiting`,
);

/** The client's circuit breaker has opened, or closed again. */
export const clientCircuit = eventKind<ClientEvent & { readonly state: CircuitState; readonly coolDownMs?: number }>(
  "client:circuit",
  { upTo: "warn", level: ({ state }) => (state === "open" ? "warn" : "info") },
  ({ client, state, coolDownMs }) =>
    `client ${client}: its circuit is ${state}${coolDownMs === undefined ? "" : ` for ${inTime(coolDownMs)}`}`,
);

/**
 * The provider turns every call down until a person acts: its key is refused, or its account has run out. Told once as that
 * begins, and once as it is over, when a call was answered.
 */
export const clientRefused = eventKind<ClientEvent & StandingRefusal & { readonly state: "begun" | "over" }>(
  "client:refused",
  { upTo: "error", level: ({ state }) => (state === "begun" ? "error" : "info") },
  ({ client, state, at, since, times, ...refusal }) =>
    state === "begun"
      ? `client ${client}: ${refusalText(refusal)}`
      : `client ${client} is answered again, ${inTime(at - since)} and ${counted(times, "call")} after ${refusal.code}`,
);

/** @param refusal the one that has begun, or is over; undefined where nothing has changed */
export function tellRefusal(
  runtime: Runtime,
  client: string,
  state: "begun" | "over",
  refusal: StandingRefusal | undefined,
): void {
  if (refusal !== undefined && clientRefused.active)
    clientRefused.publish({ ...stamp(runtime), client, state, ...refusal });
}

/** A request took longer than `hedgeAfterMs`, and a second one was made beside it. */
export const clientHedged = eventKind<ClientEvent & { readonly run: string; readonly path?: string }>(
  "client:hedged",
  "debug",
  ({ client, run }) => `${run}: a second request to ${client}, as the first one is slow`,
);
