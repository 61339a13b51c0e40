import { eventKind, type TelemetryEvent } from "../../foundation/telemetry.ts";

export interface RunEvent extends TelemetryEvent {
  readonly run: string;
  readonly program: string;
}

/** A run has begun its program. */
export const runStarted = eventKind<RunEvent>("run:started", "debug");

/** The run's one outcome. `code` is the error's, or `ok`. With what its requests cost: `usd` as far as prices are known. */
export const runEnded = eventKind<
  RunEvent & {
    readonly code: string;
    readonly ms: number;
    readonly lmCalls: number;
    readonly tokens: number;
    readonly usd: number;
  }
>("run:ended", { upTo: "error", level: ({ code }) => (code === "run_crashed" ? "error" : "info") });

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
>("run:decided", {
  upTo: "warn",
  level: ({ level }) => level,
  facts: ({ run, program, name, facts }) => ({ run, program, event: name, ...facts }),
});

/** A program's handle was given another program: calls that begin from now on run it. */
export const programUpgraded = eventKind<TelemetryEvent & { readonly program: string; readonly to: string }>(
  "program:upgraded",
  "info",
);
