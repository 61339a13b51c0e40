import { describe } from "../foundation/errors.ts";
/** One kind of call an actor answers: its request and its reply. */
export interface CallOf<Request, Reply> {
  readonly request: Request;
  readonly reply: Reply;
}

/**
 * What may be sent to an actor. Only types; nothing of it exists at run time.
 *
 *     interface Counter extends Protocol {
 *       call: CallOf<{ type: "add"; by: number }, number> | CallOf<{ type: "read" }, number>;
 *       cast: { type: "reset" };
 *       info: never;
 *     }
 */
export interface Protocol {
  readonly call: CallOf<unknown, unknown>;
  readonly cast: unknown;
  readonly info: unknown;
}

export type RequestOf<P extends Protocol> = P["call"]["request"];
export type ReplyOf<P extends Protocol, Request> = ReplyIn<P["call"], Request>;

// Of its own, so that it is taken kind by kind.
type ReplyIn<Call, Request> =
  Call extends CallOf<infer Known, infer Reply> ? (Request extends Known ? Reply : never) : never;

declare const protocol: unique symbol;

/**
 * A ref that takes more kinds of messages serves where one that takes fewer is wanted; `never` wants none. The brand is
 * optional, since nothing of it exists; with `| undefined`, since the compiler's complaints then stay on the subject.
 */
type Accepts<P> = (messages: P) => void;

/**
 * One incarnation of an actor. It never comes to mean another one: what is sent to it after its end is lost. Without a
 * protocol, any actor: it can be linked, watched and stopped, and nothing can be sent to it.
 */
export interface ActorRef<P extends Protocol = never> {
  /** Unique in its runtime, never used again. */
  readonly id: number;
  readonly [protocol]?: Accepts<P> | undefined;
}

/** Whoever holds this name when a message is sent: names outlive restarts, refs do not. */
export interface ActorName<P extends Protocol = never> {
  readonly name: string;
  readonly [protocol]?: Accepts<P> | undefined;
}

export type Target<P extends Protocol = never> = ActorRef<P> | ActorName<P>;

/** A name to send to, typed by what its holder takes; whoever holds it when a message is sent gets the message. */
export function actorName<P extends Protocol = never>(name: string): ActorName<P> {
  return Object.freeze({ name });
}

/** Whether it goes by a name. What is neither a name nor a ref is found out when its actor is looked for. */
export function isNamed(target: Target): target is ActorName {
  return typeof target === "object" && target !== null && "name" in target;
}

/** Where a message goes: for messages to people. */
export function describeTarget(target: Target): string {
  return "name" in target ? describe(target.name) : String(target);
}
