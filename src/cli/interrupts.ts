import type { Clock } from "../foundation/clock.ts";
import { READER_GONE } from "./cli-world.ts";
import { EXIT } from "./exit-code.ts";

/** What of a process ends a command from without. */
export interface Interruptible {
  on(signal: "SIGINT" | "SIGTERM", listener: () => void): unknown;
  readonly stdout: { on(event: "error", listener: () => void): unknown };
  readonly stderr: { on(event: "error", listener: () => void): unknown };
  exit(code: number): unknown;
}

/** npm passes on a Ctrl-C that this process has got as well: only one that comes later means "now, not in order". */
const ONE_INTERRUPT_MS = 500;

/**
 * A signal that is aborted by the first Ctrl-C, or SIGTERM, after which the command ends in order: what is finished is
 * told and kept. A second one ends the process at once. Readers that leave (`| head`) end it in order, too.
 */
export function interruptsOf(ours: Interruptible, clock: Clock): AbortSignal {
  const ending = new AbortController();
  let interruptedAt: number | undefined;
  // Not `once`: a package of the embedded engine's that finds no other listener left while a signal is handled kills the process.
  for (const name of ["SIGINT", "SIGTERM"] as const)
    ours.on(name, () => {
      if (interruptedAt !== undefined && clock.now() - interruptedAt > ONE_INTERRUPT_MS) ours.exit(EXIT.interrupted);
      interruptedAt ??= clock.now();
      ending.abort(name);
    });
  ours.stdout.on("error", () => ending.abort(READER_GONE));
  // Nothing goes there that anything depends on.
  ours.stderr.on("error", () => {});
  return ending.signal;
}

/**
 * The same promise, or a rejection as soon as the signal is aborted: for what takes its time and hears of no signal (a module
 * that waits while it loads). What becomes of it then is nobody's affair.
 */
export async function unlessInterrupted<Value>(signal: AbortSignal, promise: Promise<Value>): Promise<Value> {
  promise.catch(() => {});
  signal.throwIfAborted();
  const { promise: interrupted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([promise, interrupted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
