import { asError, describe, stackless, UsageError } from "../foundation/errors.ts";

/**
 * Why an actor ended, as data: OTP's atoms as strings, OTP's tuples as objects with one telling key.
 *
 * - `"normal"`, `"shutdown"` and `{ shutdown: … }` are *clean*; all others are abnormal.
 * - `{ error }`: an exception left a handler (Erlang's `{Exception, Stacktrace}`).
 * - `{ call: R }`: a call failed with R and the caller did not catch it (Erlang's `{R, {gen_server, call, …}}`).
 * - `{ await: R }`: the same for a task that was awaited.
 */
export type ExitReason =
  | ExitAtom
  | { readonly shutdown: unknown }
  | { readonly error: Error }
  | { readonly call: ExitReason }
  | { readonly await: ExitReason }
  | { readonly failed_to_start_child: string; readonly reason: ExitReason }
  | { readonly supervisor_data: string }
  | { readonly start_spec: string }
  | { readonly bad_return_value: string };

/** The atoms that the runtime itself uses; any other word is a reason as well. */
export type ExitAtom =
  | "normal"
  | "shutdown"
  | "kill"
  | "killed"
  | "noproc"
  | "timeout"
  | "calling_self"
  | "already_started"
  | "busy"
  | "cancelled"
  // An open union that still completes the words above in editors.
  | (string & Record<never, never>);

/** Clean ends are no failures: a transient child that ends so is not restarted (OTP). */
export function isClean(reason: ExitReason): boolean {
  if (typeof reason === "string") return reason === "normal" || reason === "shutdown";
  // A failed call whose callee was shut down is a pair that begins with `shutdown`, which supervisors take for clean.
  return "shutdown" in reason || ("call" in reason && reason.call === "shutdown");
}

/**
 * In OTP any term is a reason. Here it is a text or an object (of any form: what is made of it later takes anything for
 * an error), so that `undefined` can mean that nothing has ended; but no promise, and none that throws when it is read.
 *
 * @throws UsageError for what is neither
 */
export function checkReason(what: string, reason: unknown): ExitReason {
  if (isReason(reason)) return reason;
  throw new UsageError(
    `${what}: an exit reason is a text such as "shutdown" or an object such as { error }, got ${describe(reason)}`,
  );
}

export function isReason(value: unknown): value is ExitReason {
  if (typeof value === "string") return true;
  if (typeof value !== "object" || value === null) return false;
  try {
    // The types say which objects; a program without them may give others, and some cannot be looked at.
    for (const key of LOOKED_AT) void (value as Readonly<Record<string, unknown>>)[key];
    // Who waits for an end would wait for it instead.
    return !("then" in value && typeof value.then === "function");
  } catch {
    return false;
  }
}

/** What is read of a reason. */
const LOOKED_AT = ["error", "call", "await", "shutdown", "failed_to_start_child", "reason"];

/**
 * An exit on its way out of a handler, or the answer to a call that failed. Thrown by `self.exit`, by calls and by
 * awaits; a handler that does not catch it ends its actor with {@link exitReasonOf} it.
 */
export class ExitError extends Error {
  override readonly name: string = "ExitError";
  readonly reason: ExitReason;
  /** What failed: a call or an await wraps its reason when it ends the caller too. */
  readonly during: "exit" | "call" | "await";

  constructor(reason: ExitReason, during: "exit" | "call" | "await" = "exit", what?: string) {
    checkReason(during, reason);
    const root = during === "exit" ? reason : innermost(reason);
    super(`${what ?? during}: ${formatReason(root)}`, cause(root));
    this.reason = root;
    this.during = during;
  }
}

/** An {@link ExitError} for the runtime's own use: its reason tells what a stack would not. */
export function exitError(reason: ExitReason, during?: ExitError["during"], what?: string): ExitError {
  return stackless(() => new ExitError(reason, during, what));
}

function cause(reason: ExitReason): { cause: Error } | undefined {
  return typeof reason === "object" && "error" in reason ? { cause: asError(reason.error) } : undefined;
}

/** The reason with which an actor ends when this leaves one of its handlers. */
export function exitReasonOf(thrown: unknown): ExitReason {
  const error = asError(thrown);
  if (!(error instanceof ExitError)) return { error };
  switch (error.during) {
    case "exit":
      return error.reason;
    case "call":
      return { call: error.reason };
    case "await":
      return { await: error.reason };
  }
}

/** Chains of failed calls keep their root: what went wrong first is what people look for. */
function innermost(reason: ExitReason): ExitReason {
  let root = reason;
  for (let depth = 0; depth < DEEPEST; depth += 1) {
    const inner: unknown = keyOf(root, "call") ?? keyOf(root, "await");
    if (inner === undefined) break;
    root = inner as ExitReason;
  }
  return root;
}

/** How many reasons within reasons are looked at: those that a program makes itself may hold themselves. */
const DEEPEST = 100;

/** Its value, where the reason is an object that has the key. Reasons within reasons were checked by nobody. */
function keyOf(reason: unknown, key: string): unknown {
  return typeof reason === "object" && reason !== null ? (reason as Readonly<Record<string, unknown>>)[key] : undefined;
}

/** One line for logs and error messages. */
export function formatReason(reason: ExitReason): string {
  return format(reason, DEEPEST);
}

function format(reason: unknown, depth: number): string {
  if (typeof reason === "string") return reason;
  if (typeof reason !== "object" || reason === null || depth === 0) return describe(reason);
  const inner = (key: string): string => format(keyOf(reason, key), depth - 1);
  if ("error" in reason) {
    const error = asError(reason.error);
    return `${error.name}: ${error.message.split("\n", 1)[0] ?? ""}`;
  }
  if ("call" in reason) return `call failed: ${inner("call")}`;
  if ("await" in reason) return `await failed: ${inner("await")}`;
  if ("failed_to_start_child" in reason)
    return `child ${describe(reason.failed_to_start_child)} failed to start: ${inner("reason")}`;
  if ("shutdown" in reason)
    return keyOf(reason.shutdown, "failed_to_start_child") === undefined
      ? `shutdown: ${describe(reason.shutdown)}`
      : inner("shutdown");
  return describe(reason);
}

/** The error at the bottom of a reason, where one is: what a person wants to see first. */
export function errorIn(reason: ExitReason): Error | undefined {
  return errorBelow(reason, DEEPEST);
}

function errorBelow(reason: unknown, depth: number): Error | undefined {
  if (typeof reason !== "object" || reason === null || depth === 0) return undefined;
  if ("error" in reason) return asError(reason.error);
  for (const key of ["call", "await", "shutdown"]) if (key in reason) return errorBelow(keyOf(reason, key), depth - 1);
  return "failed_to_start_child" in reason ? errorBelow(keyOf(reason, "reason"), depth - 1) : undefined;
}
