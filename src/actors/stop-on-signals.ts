import { constants } from "node:os";
import { checkOptions, checkTimeout, optionNames } from "../foundation/check-options.ts";
import { asError, describe, UsageError } from "../foundation/errors.ts";

export interface StopSystemOptions {
  /** Milliseconds for the calls under way to finish. Default 0: they are cancelled. */
  readonly drainMs?: number | undefined;
}

export interface SignalOptions extends StopSystemOptions {
  /**
   * Called first, once: close the server that brings new calls. The system begins to stop as soon as it returns: a promise
   * that it gives is not waited for, since a server may have connections that stay open until its calls are answered, or for
   * ever. What it throws, or rejects with, is a process warning.
   */
  readonly before?: (() => unknown) | undefined;
}

const SIGNAL_OPTIONS = optionNames<SignalOptions>({ drainMs: true, before: true });

/** All at once, so that what is refused leaves no handler behind. */
export function checkSignalOptions(signals: unknown, options: SignalOptions): void {
  const what = "system.onSignals";
  if (!Array.isArray(signals)) throw new UsageError(`${what}: expected a list of signals, got ${describe(signals)}`);
  for (const signal of signals as readonly unknown[]) {
    if (typeof signal !== "string" || !Object.hasOwn(constants.signals, signal))
      throw new UsageError(`${what}: there is no signal ${describe(signal)}`);
    if (signal === "SIGKILL" || signal === "SIGSTOP")
      throw new UsageError(`${what}: no process hears of ${signal}; it just happens`);
  }
  checkOptions(what, options, SIGNAL_OPTIONS);
  const { before, drainMs } = options;
  checkTimeout(what, "drainMs", drainMs);
  if (before !== undefined && typeof before !== "function")
    throw new UsageError(`${what}: before must be a function, got ${describe(before)}`);
}

/** Gives the function that takes the handlers off again. */
export function stopOnSignals(
  signals: readonly NodeJS.Signals[],
  { before, ...options }: SignalOptions,
  stop: (options: StopSystemOptions) => Promise<void>,
  exited: Promise<unknown>,
): () => void {
  let heard = false;
  // async: up to its first wait it runs at once, and what it throws meets what it rejects with.
  const begin = async (): Promise<void> => {
    try {
      await before?.();
    } catch (thrown) {
      // The app's mistake must not keep the system from stopping, nor end the process in the midst of it.
      process.emitWarning(asError(thrown));
    }
  };
  const onSignal = (): void => {
    const again = heard;
    heard = true;
    if (!again) void begin();
    void stop(again ? {} : options);
  };
  const off = (): void => {
    for (const signal of signals) process.off(signal, onSignal);
  };
  for (const signal of signals) process.on(signal, onSignal);
  void exited.then(off);
  return off;
}
