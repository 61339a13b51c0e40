import { eventKind, stamp, type TelemetryEvent } from "../foundation/telemetry.ts";
import type { ActorCell } from "./actor-cell.ts";
import type { ExitReason } from "./exit-reason.ts";

export interface ActorEvent extends TelemetryEvent {
  /** Unlike any other's in its system, and in each of its events the same. */
  readonly actor: number;
  readonly label: string;
}

/** Where an actor belongs: enough to draw the tree of all actors that live from their starts and ends alone. */
export interface ActorLifeEvent extends ActorEvent {
  /** Its behaviour's name: what kind of actor it is. */
  readonly behaviour: string;
  /**
   * The actor that started it linked, if one did. A supervisor's children start before it has started itself, and one
   * that is killed is gone before they are.
   */
  readonly parent?: number;
  /** The name it was registered under, if any. */
  readonly name?: string;
}

/** `init` is done and the start acknowledged: the actor will have its `actor:exited`. */
export const actorStarted = eventKind<ActorLifeEvent>(
  "actor:started",
  "debug",
  ({ label, behaviour }) => `${named(label, behaviour)} is up`,
);

/** Its `init` failed, or declined (`reason` is then `ignore`): it was never told as started. */
export const actorStartFailed = eventKind<ActorLifeEvent & { readonly reason: ExitReason }>(
  "actor:start_failed",
  "debug",
  ({ label, behaviour }, reason) => `${named(label, behaviour)} did not start: ${reason}`,
);

/** An actor that had started is gone. */
export const actorExited = eventKind<ActorLifeEvent & { readonly reason: ExitReason }>(
  "actor:exited",
  "debug",
  ({ label, behaviour }, reason) => `${named(label, behaviour)} ended: ${reason}`,
);

/** A message to nobody. `to` is a name or a dead actor's id; the message itself is not told. */
export const deadLetter = eventKind<TelemetryEvent & { readonly to: string; readonly kind: "call" | "cast" | "info" }>(
  "dead_letter",
  "warn",
  ({ to, kind }) => `a ${kind} came for ${to}, which is not there`,
);

/** A bounded mailbox was full: a call failed with `busy`, or a cast or info was dropped. */
export const mailboxOverflow = eventKind<
  ActorEvent & { readonly kind: "call" | "cast" | "info"; readonly limit: number }
>(
  "mailbox:overflow",
  "warn",
  ({ label, kind, limit }) => `the mailbox of ${label} is full (${limit}): a ${kind} was turned away`,
);

/** An info came to an actor without `handleInfo`. */
export const unexpectedMessage = eventKind<ActorEvent>(
  "actor:unexpected_message",
  "warn",
  ({ label }) => `${label} got a message that it has no handler for`,
);

/** Most are called as what they are. */
function named(label: string, behaviour: string): string {
  return label === behaviour ? label : `${behaviour} ${label}`;
}

/** What each event of an actor's life says. Built only where somebody listens. */
export function aboutActor({ core, id, label, behaviour, parent, name }: ActorLife): ActorLifeEvent {
  return {
    ...stamp(core),
    actor: id,
    label,
    behaviour: behaviour.name,
    ...(parent.id !== id && { parent: parent.id }),
    ...(name !== undefined && { name }),
  };
}

type ActorLife = Pick<ActorCell, "core" | "id" | "label" | "behaviour" | "parent" | "name">;
