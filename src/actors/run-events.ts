import { eventKind, type TelemetryEvent } from "../foundation/telemetry.ts";

export interface RunEvent extends TelemetryEvent {
  readonly run: string;
  readonly program: string;
}

export const runStarted = eventKind<RunEvent>("run:started");

/** The run's one outcome. `code` is the error's, or `ok`. */
export const runEnded = eventKind<RunEvent & { readonly code: string; readonly ms: number }>("run:ended");

/**
 * What a run decided on its way: `retry`, `give_up`, `ask_again`, and whatever a program's own `context.log` tells.
 * Prompts and answers are in `facts` only where the system was started with `logContents`.
 */
export const runDecided = eventKind<
  RunEvent & {
    readonly name: string;
    readonly level: "debug" | "info" | "warn";
    readonly facts: Readonly<Record<string, unknown>>;
  }
>("run:decided");
