import { eventKind, type TelemetryEvent } from "../foundation/telemetry.ts";
import type { ExitReason } from "./exit-reason.ts";

export interface ActorEvent extends TelemetryEvent {
  readonly actor: number;
  readonly label: string;
}

/** `init` is done and the start acknowledged. */
export const actorStarted = eventKind<ActorEvent>("actor:started");

/** Its `init` failed, or declined (`reason` is then `ignore`). */
export const actorStartFailed = eventKind<ActorEvent & { readonly reason: ExitReason }>("actor:start_failed");

/** An actor that had started is gone. */
export const actorExited = eventKind<ActorEvent & { readonly reason: ExitReason }>("actor:exited");

/** A message to nobody. `to` is a name or a dead actor's id; the message itself is not told. */
export const deadLetter = eventKind<TelemetryEvent & { readonly to: string; readonly kind: "call" | "cast" | "info" }>(
  "dead_letter",
);

/** A bounded mailbox was full: a call failed with `busy`, or a cast or info was dropped. */
export const mailboxOverflow = eventKind<
  ActorEvent & { readonly kind: "call" | "cast" | "info"; readonly limit: number }
>("mailbox:overflow");

/** An info came to an actor without `handleInfo`. */
export const unexpectedMessage = eventKind<ActorEvent>("actor:unexpected_message");
