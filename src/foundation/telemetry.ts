import { channel } from "node:diagnostics_channel";
import type { Clock } from "./clock.ts";
import { warnOf } from "./errors.ts";

/**
 * Telemetry is Node's `diagnostics_channel`: a listener subscribes; nothing is built, formatted or printed
 * for nobody. Each kind of event is one channel, named `dspex:` and the kind.
 */
export interface TelemetryEvent {
  /** The name of the system it happened in, for people. */
  readonly system: string;
  /** Sets the system apart from others of the same name: several may live in one process. */
  readonly systemId: string;
  /** Milliseconds since 1970, by the system's clock. */
  readonly at: number;
}

/** Where and when an event happens: what each begins with. */
export function stamp({
  name,
  id,
  clock,
}: {
  readonly name: string;
  readonly id: string;
  readonly clock: Clock;
}): TelemetryEvent {
  return { system: name, systemId: id, at: clock.wallTime() };
}

export type LogLevel = "debug" | "info" | "warn" | "error";

/** How loudly a system's logger tells a kind of event: always at one level, or as the event itself says. */
export type Telling<Event extends TelemetryEvent> =
  | LogLevel
  | {
      /** The loudest that `level` gives: a logger that is quieter than this does not even listen. */
      readonly upTo: LogLevel;
      level(event: Event): LogLevel;
      /** What the line says. Default: all that the event holds. */
      facts?(event: Event): object;
    };

/**
 * What has happened, as a person reads it: the message of a log's line. `reason` is the event's own in one line, without
 * what a model said.
 */
export type Saying<Event extends TelemetryEvent> = (event: Event, reason: string) => string;

export interface EventKind<Event extends TelemetryEvent> {
  /** As in `dspex:actor:exited`, without the `dspex:`. */
  readonly kind: string;
  readonly telling: Telling<Event>;
  /** See {@link Saying}. */
  says(event: Event, reason: string): string;
  /** Whether anybody listens; ask it before building an event on a hot path. */
  readonly active: boolean;
  publish(event: Event): void;
  /**
   * Gives the function that ends the subscription. What a listener throws, or rejects with where it is async, disturbs
   * nobody and is told as a warning of the process. (One that subscribes to the channel by itself is Node's affair, which makes it an uncaught exception.)
   */
  subscribe(listener: (event: Event) => void): () => void;
}

export function eventKind<Event extends TelemetryEvent>(
  kind: string,
  telling: Telling<Event>,
  says: Saying<Event>,
): EventKind<Event> {
  const published = channel(`dspex:${kind}`);
  return Object.freeze({
    kind,
    telling,
    says,
    get active() {
      return published.hasSubscribers;
    },
    publish(event: Event) {
      if (published.hasSubscribers) published.publish(event);
    },
    subscribe(listener: (event: Event) => void) {
      const tellOf = (thrown: unknown): void => warnOf(`a listener of dspex:${kind} failed`, thrown);
      // Only this module publishes on the channel, so what comes is an Event.
      const receive = (message: unknown): void => {
        try {
          // Nothing is made of what it gives, but an async one gives a promise that may reject.
          const given: unknown = listener(message as Event);
          if (given instanceof Promise) given.catch(tellOf);
        } catch (thrown) {
          tellOf(thrown);
        }
      };
      published.subscribe(receive);
      return () => void published.unsubscribe(receive);
    },
  });
}

export function isEventKind(value: unknown): value is EventKind<TelemetryEvent> {
  return typeof value === "object" && value !== null && "telling" in value && "publish" in value;
}
