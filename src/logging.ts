import { destination, type Logger, pino } from "pino";
import { stackOf, UsageError } from "./foundation/errors.ts";
import type { EventKind, TelemetryEvent } from "./foundation/telemetry.ts";
import { LmError } from "./lm/failure.ts";
import {
  actorExited,
  actorStarted,
  actorStartFailed,
  deadLetter,
  mailboxOverflow,
  unexpectedMessage,
} from "./runtime/actor-events.ts";
import type { Runtime } from "./runtime/actor.ts";
import { errorIn, type ExitReason, formatReason, isClean } from "./runtime/exit-reason.ts";
import { cacheBypassed, cacheHit, cacheMended, cacheTrouble } from "./actors/cache/cache-events.ts";
import { clientCircuit, clientHedged, clientPaused } from "./actors/client/client-events.ts";
import { programUpgraded, runDecided, runEnded, runStarted } from "./actors/run/run-events.ts";
import { childExited, childStarted, childStartFailed, childStopped, gaveUp } from "./supervisors/supervisor-events.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

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
  const log = <Event extends TelemetryEvent>(
    kind: EventKind<Event>,
    highest: LogLevel,
    write: (event: Event) => { readonly level: LogLevel; readonly facts: object },
  ): void => {
    if (!logger.isLevelEnabled(highest)) return;
    stops.push(
      kind.subscribe((event) => {
        if (event.systemId !== id) return;
        const { level, facts } = write(event);
        logger[level]({ ...facts, system }, kind.kind);
      }),
    );
  };
  const plain = (event: TelemetryEvent & { readonly reason?: ExitReason }): object => plainFacts(event, contents);
  const at = (level: LogLevel) => (event: TelemetryEvent) => ({ level, facts: plain(event) });

  log(actorStarted, "debug", at("debug"));
  log(actorStartFailed, "debug", at("debug"));
  log(actorExited, "debug", at("debug"));
  log(unexpectedMessage, "warn", at("warn"));
  log(deadLetter, "warn", at("warn"));
  log(mailboxOverflow, "warn", at("warn"));
  log(childStarted, "info", (event) => ({ level: event.incarnation > 1 ? "info" : "debug", facts: plain(event) }));
  log(childStopped, "debug", at("debug"));
  // Until the system is up, whoever starts it gets the failure itself, and once is enough.
  log(childStartFailed, "error", (event) => ({ level: isUp ? "error" : "debug", facts: plain(event) }));
  // A run that ends, or a child that leaves as it should, is nothing to tell at night.
  log(childExited, "error", (event) => ({ level: isClean(event.reason) ? "debug" : "error", facts: plain(event) }));
  log(gaveUp, "error", at("error"));
  log(cacheHit, "debug", at("debug"));
  log(cacheBypassed, "warn", at("warn"));
  log(cacheTrouble, "warn", at("warn"));
  // Whoever was warned hears that it is over.
  log(cacheMended, "warn", at("warn"));
  log(clientPaused, "warn", at("warn"));
  log(clientCircuit, "warn", (event) => ({ level: event.state === "open" ? "warn" : "info", facts: plain(event) }));
  log(clientHedged, "debug", at("debug"));
  log(programUpgraded, "info", at("info"));
  log(runStarted, "debug", at("debug"));
  log(runEnded, "error", (event) => ({ level: event.code === "run_crashed" ? "error" : "info", facts: plain(event) }));
  log(runDecided, "warn", ({ run, program, name, level, facts }) => ({
    level,
    facts: { run, program, event: name, ...facts },
  }));
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
