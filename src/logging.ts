import { isatty } from "node:tty";
import { destination, type Logger, pino } from "pino";
import { checkOptions, optionNames } from "./foundation/check-options.ts";
import { describe, stackOf, UsageError } from "./foundation/errors.ts";
import { roundedFigures } from "./foundation/figure-text.ts";
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
import { prettyLine } from "./foundation/pretty-line.ts";
import * as supervisorEvents from "./supervisors/supervisor-events.ts";

/** All that there is to tell. A kind of event says itself how loudly, where it is made: a new one needs nothing here. */
const KINDS = [actorEvents, supervisorEvents, cacheEvents, clientEvents, requestEvents, runEvents, jobEvents].flatMap(
  (events) => Object.values<unknown>(events).filter(isEventKind),
);

/**
 * How loud: `"info"`, or with its form: `{ level: "info", pretty: true }`. Or a pino logger of one's own; `false` for none.
 * Default: from `warn` on.
 */
export type LoggerOption = Logger | LogLevel | LoggerSettings | false | undefined;

/** Lines on standard error, without a logger of one's own. */
export interface LoggerSettings {
  /** The quietest that is told. Default `"warn"`. */
  readonly level?: LogLevel | undefined;
  /** Lines for people (`true`), or JSON (`false`). Default: for people where standard error is a terminal. */
  readonly pretty?: boolean | undefined;
}

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
  const logger = loggerOf(option);
  const stops: (() => void)[] = [];
  let isUp = false;
  const levelOf = (kind: string, level: LogLevel): LogLevel =>
    // Until the system is up, the code that starts it gets the failure itself, and once is enough.
    kind === supervisorEvents.childStartFailed.kind && !isUp ? "debug" : level;
  for (const { kind, telling, says, subscribe } of KINDS) {
    const { upTo, level, facts } =
      typeof telling === "string" ? { upTo: telling, level: () => telling, facts: undefined } : telling;
    if (!logger.isLevelEnabled(upTo)) continue;
    const put = (event: TelemetryEvent): void => {
      if (event.systemId !== id) return;
      const told = plainFacts(event, contents);
      const line = Object.assign({ event: kind }, roundedFigures(facts?.(event) ?? told), { system });
      logger[levelOf(kind, level(event))](line, says(event, told.reason ?? ""));
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

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

const SETTINGS = optionNames<LoggerSettings>({ level: true, pretty: true });

/** @throws UsageError for what is no logger, no level and no settings */
function loggerOf(option: Exclude<LoggerOption, false>): Logger {
  const given: unknown = option;
  if (isObject(given) && "isLevelEnabled" in given) return option as Logger;
  const settings = typeof given === "string" ? { level: given } : (given ?? {});
  // A logger of another kind is not a misspelt setting.
  if (given === null || !isObject(settings) || "info" in settings)
    throw new UsageError(`logger must be a level, { level, pretty }, a pino logger or false, got ${describe(option)}`);
  checkOptions("logger", settings, SETTINGS);
  const { level = "warn", pretty = isTerminal() } = settings as LoggerSettings;
  if (!LEVELS.includes(level))
    throw new UsageError(`logger: level must be ${LEVELS.join(", ")}, got ${describe(level)}`);
  if (typeof pretty !== "boolean")
    throw new UsageError(`logger: pretty must be true or false, got ${describe(pretty)}`);
  const errors = destination(2);
  if (!pretty) return pino({ level }, errors);
  const colours = isTerminal() && !process.env["NO_COLOR"];
  return pino({ level }, { write: (line: string) => void errors.write(prettyLine(line, colours)) });
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function isTerminal(): boolean {
  return isatty(2) && process.env["TERM"] !== "dumb";
}

interface Facts {
  readonly reason?: string;
  readonly error?: object;
}

/**
 * An event without what the logger adds itself, its reason as one line, and its error without the details: those of an
 * LmError may hold what a model said. Its message may quote the same, so its code stands for it. (The key is not `err`,
 * which pino writes in its own way: it would take the type from the class of this object.)
 */
function plainFacts(
  { system: _system, systemId: _id, at: _at, ...facts }: TelemetryEvent & { readonly reason?: ExitReason },
  contents: boolean,
): Facts {
  const { reason, ...rest } = facts;
  if (reason === undefined) return rest;
  const error = errorIn(reason);
  if (error instanceof LmError && !contents) {
    const { name: type, code, status } = error;
    return { ...rest, reason: `${type}: ${code}`, error: { type, code, ...(status !== undefined && { status }) } };
  }
  return {
    ...rest,
    reason: formatReason(reason),
    ...(error !== undefined && { error: { type: error.name, message: error.message, stack: stackOf(error) } }),
  };
}
