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
>("client:paused", "warn");

/** The client's circuit breaker has opened, or closed again. */
export const clientCircuit = eventKind<ClientEvent & { readonly state: CircuitState; readonly coolDownMs?: number }>(
  "client:circuit",
  { upTo: "warn", level: ({ state }) => (state === "open" ? "warn" : "info") },
);

/** A request took longer than `hedgeAfterMs`, and a second one was made beside it. */
export const clientHedged = eventKind<ClientEvent & { readonly run: string; readonly path?: string }>(
  "client:hedged",
  "debug",
);
