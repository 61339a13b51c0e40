import type { Clock } from "../../foundation/clock.ts";
import type { Reading } from "../../foundation/leaving.ts";
import { cancelledError, type LmError } from "../failure.ts";
import type { LedgerEntry, LedgerWait } from "./entry.ts";

export interface TurnOptions {
  readonly clock: Clock;
  /** Aborting it ends the wait, as `cancelled`. */
  readonly signal?: AbortSignal | undefined;
  /** For the failure that the signal makes. */
  readonly provider?: string | undefined;
  /** By the clock: no use in waiting longer. Default: never. */
  readonly startBy?: number | undefined;
  /** The failure when that has come. */
  late(): LmError;
  /** Of a stream: its reader may leave while it waits. */
  readonly reading?: Reading | undefined;
}

/**
 * Waits for a request's turn in its budgets, as long as its caller does.
 * @throws LmError (rejects) `budget_exceeded`, `cancelled`, or what `late` gives
 */
export async function turnOf(
  { ready, leave }: LedgerWait,
  { clock, signal, provider, startBy = Infinity, late, reading }: TurnOptions,
): Promise<LedgerEntry> {
  const cancel = (): void => leave(cancelledError(signal?.reason, provider));
  const timer =
    startBy === Infinity ? undefined : clock.setTimer(Math.max(0, startBy - clock.now()), () => leave(late()));
  if (reading !== undefined) reading.end = cancel;
  if (signal?.aborted || reading?.left) cancel();
  signal?.addEventListener("abort", cancel, { once: true });
  try {
    return await ready;
  } finally {
    signal?.removeEventListener("abort", cancel);
    if (timer !== undefined) clock.clearTimer(timer);
  }
}
