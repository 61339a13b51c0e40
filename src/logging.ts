import { destination, type Logger, pino } from "pino";
import { stackOf, UsageError } from "./foundation/errors.ts";
import { isEventKind, type LogLevel, type TelemetryEvent } from "./foundation/telemetry.ts";
import { LmError } from "./lm/failure.ts";
import * as actorEvents from "./runtime/actor-events.ts";
import type { Runtime } from "./runtime/actor.ts";
import { errorIn, type ExitReason, formatReason } from "./runtime/exit-reason.ts";
import * as cacheEvents from "./actors/cache/cache-events.ts";
import * as clientEvents from "./actors/client/client-events.ts";
import * as requestEvents from "./actors/client/request-events.ts";
import * as jobEvents from "./actors/teleprompter/job-events.ts";
import * as runEvents from "./actors/run/run-events.ts";
import * as supervisorEvents from "./supervisors/supervisor-events.ts";

/** All that there is to tell. A kind of event says itself how loudly, where it is made: a new one needs nothing here. */
const KINDS = [actorEvents, supervisorEvents, cacheEvents, clientEvents, requestEvents, runEvents, jobEvents].flatMap(
  (events) => Object.values<unknown>(events).filter(isEventKind),
);

/** Any pino logger; `false` for none. Default: pino as JSON lines on standard error, from `warn` on. */
export type LoggerOption = Logger | false | undefined;

export interface TelemetryLog {
  /** The start has succeeded: failed starts of children are news from now on. */
  up(): void;
  stop(): void;
}

/**
 * Writes a system's telemetry to its logger. Nothing else in the library prints.
 * Events below the logger's level are not even built. What providers and models said is in it only with `contents`.
 */
export function logTelemetry(
  { name: system, id }: Pick<Runtime, "name" | "id">,
  option: LoggerOption,
  contents = false,
): TelemetryLog {
  if (option === false) return { up: () => {}, stop: () => {} };
  const logger = option ?? pino({ level: "warn" }, destination(2));
  if (typeof logger.isLevelEnabled !== "function") throw new UsageError("logger must be a pino logger or false");
  const stops: (() => void)[] = [];
  let isUp = false;
  const levelOf = (kind: string, level: LogLevel): LogLevel =>
    // Until the system is up, the code that starts it gets the failure itself, and once is enough.
    kind === supervisorEvents.childStartFailed.kind && !isUp ? "debug" : level;
  for (const { kind, telling, subscribe } of KINDS) {
    const { upTo, level, facts } =
      typeof telling === "string" ? { upTo: telling, level: () => telling, facts: undefined } : telling;
    if (!logger.isLevelEnabled(upTo)) continue;
    const put = (event: TelemetryEvent): void => {
      if (event.systemId !== id) return;
      const told = facts?.(event) ?? plainFacts(event, contents);
      logger[levelOf(kind, level(event))]({ ...told, system }, kind);
    };
    stops.push(subscribe(put));
  }
  return {
    up: () => void (isUp = true),
    stop() {
      for (const stop of stops) stop();
    },
  };
}

/**
 * An event without what the logger adds itself, its reason as one line, and its error without the details: those of an
 * LmError may hold what a model said. Its message may quote the same, so its code stands for it. (The key is not `err`,
 * which pino writes in its own way: it would take the type from the class of this object.)
 */
function plainFacts(
  { system: _system, systemId: _id, at: _at, ...facts }: TelemetryEvent & { readonly reason?: ExitReason },
  contents: boolean,
): object {
  if (facts.reason === undefined) return facts;
  const error = errorIn(facts.reason);
  if (error instanceof LmError && !contents) {
    const { name: type, code, status } = error;
    return { ...facts, reason: `${type}: ${code}`, error: { type, code, ...(status !== undefined && { status }) } };
  }
  return {
    ...facts,
    reason: formatReason(facts.reason),
    ...(error !== undefined && { error: { type: error.name, message: error.message, stack: stackOf(error) } }),
  };
}
