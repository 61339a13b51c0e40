import type { AsyncScope } from "../foundation/async-scope.ts";
import type { ActorRef } from "./actor-ref.ts";
import type { From, RuntimeMessage } from "./actor.ts";
import type { ExitReason } from "./exit-reason.ts";

/** What lies in a mailbox. Everything that an actor reacts to comes through its one queue, in order of arrival. */
export type Envelope =
  | { readonly kind: "call"; readonly message: unknown; readonly from: PendingReply }
  /** `scope`: where it is handled, if that is not the actor's own: in that of the code that set its timer. */
  | { readonly kind: "cast" | "info"; readonly message: unknown; readonly scope?: AsyncScope }
  | RuntimeEnvelope
  /** What a handler or `init` asked to go on with; always first in the queue, and in the scope of what asked for it. */
  | { readonly kind: "continue"; readonly message: unknown; readonly scope: AsyncScope }
  | StopRequest;

/** EXIT, DOWN and timeout messages; never refused by a full mailbox. */
export interface RuntimeEnvelope {
  readonly kind: "runtime";
  readonly message: RuntimeMessage;
  /** Set when its turn has come: what is served cannot be taken back. */
  served: boolean;
}

/** `stop(target, reason)` in the target's queue. */
export interface StopRequest {
  readonly kind: "stop";
  readonly reason: ExitReason;
  /** Set when its turn has come: an end before that, even with the same reason, is not this stop's doing. */
  served: boolean;
}

/** The asking side of a call. */
export interface PendingReply extends From {
  readonly caller: ActorRef | null;
  /** The caller's, when it called. */
  readonly scope: AsyncScope;
  waiting: boolean;
  answer(value: unknown): void;
}
