import { inTime } from "../../foundation/figure-text.ts";
import { eventKind, type TelemetryEvent } from "../../foundation/telemetry.ts";
import type { CircuitState } from "../../lm/limits/circuit-breaker.ts";

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

/** A request took longer than `hedgeAfterMs`, and a second one was made beside it. */
export const clientHedged = eventKind<ClientEvent & { readonly run: string; readonly path?: string }>(
  "client:hedged",
  "debug",
  ({ client, run }) => `${run}: a second request to ${client}, as the first one is slow`,
);
