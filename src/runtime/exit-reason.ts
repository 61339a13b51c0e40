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
  // Nearly all reasons, which come by the thousand when much ends at once.
  if (typeof reason === "string") return reason;
  let root: ExitReason = reason;
  for (const each of downwards(reason, (at) => keyOf(at, "call") ?? keyOf(at, "await"))) root = each as ExitReason;
  return root;
}

/** Reasons within reasons, the first one included. A program may make one that holds itself: none is met twice. */
function* downwards(reason: unknown, inner: (reason: unknown) => unknown): Generator<unknown, void> {
  const met = new Set<unknown>();
  for (let at = reason; at !== undefined && !met.has(at); at = inner(at)) {
    met.add(at);
    yield at;
  }
}

/** Its value, where the reason is an object that has the key. Reasons within reasons were checked by nobody. */
function keyOf(reason: unknown, key: string): unknown {
  return typeof reason === "object" && reason !== null ? (reason as Readonly<Record<string, unknown>>)[key] : undefined;
}

/** The reason that a reason is about, in the words of whoever looks down to it. */
function below(reason: unknown): { readonly inner: unknown; readonly said: string } | undefined {
  if (typeof reason !== "object" || reason === null || "error" in reason) return undefined;
  if ("call" in reason) return { inner: reason.call, said: "call failed: " };
  if ("await" in reason) return { inner: reason.await, said: "await failed: " };
  if ("failed_to_start_child" in reason)
    return {
      inner: keyOf(reason, "reason"),
      said: `child ${describe(reason.failed_to_start_child)} failed to start: `,
    };
  if ("shutdown" in reason && keyOf(reason.shutdown, "failed_to_start_child") !== undefined)
    return { inner: reason.shutdown, said: "" };
  return undefined;
}

/** One line for logs and error messages. */
export function formatReason(reason: ExitReason): string {
  if (typeof reason === "string") return reason;
  const parts: string[] = [];
  for (const each of downwards(reason, (at) => below(at)?.inner)) parts.push(below(each)?.said ?? leaf(each));
  return parts.join("");
}

function leaf(reason: unknown): string {
  if (typeof reason === "string") return reason;
  if (typeof reason !== "object" || reason === null) return describe(reason);
  if ("error" in reason) {
    const error = asError(reason.error);
    return `${error.name}: ${error.message.split("\n", 1)[0] ?? ""}`;
  }
  return "shutdown" in reason ? `shutdown: ${describe(reason.shutdown)}` : describe(reason);
}

/** The error at the bottom of a reason, where one is: what a person wants to see first. */
export function errorIn(reason: ExitReason): Error | undefined {
  if (typeof reason === "string") return undefined;
  for (const each of downwards(reason, (at) => below(at)?.inner ?? keyOf(at, "shutdown")))
    if (typeof each === "object" && each !== null && "error" in each) return asError(each.error);
  return undefined;
}
