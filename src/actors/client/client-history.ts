import type { LmFailureCode } from "../../lm/failure.ts";
import type { LmCompletion, LmUsage } from "../../lm/language-model.ts";
import type { Labels } from "../../programs/run-terms.ts";
import type { LmMessage } from "../../lm/message.ts";

/** One request that a client let through, as it is remembered. Plain data: it survives JSON. */
export interface CallRecord {
  readonly client: string;
  readonly run: string;
  /** Of the predictor that asked, and which of its requests it was, from 1. Left out: nobody said. */
  readonly path?: string;
  readonly attempt?: number;
  /** Of the run. Left out: none. */
  readonly labels?: Labels;
  readonly provider: string;
  /** As the model named itself; where it did not answer, as the client asked for it. */
  readonly model: string;
  /** When it asked for its permit: milliseconds since 1970. */
  readonly at: number;
  /** How long it waited for its permit. */
  readonly waitedMs: number;
  /** From its permit to its end. */
  readonly ms: number;
  /** `ok`, or what it failed with. `cancelled` also where nobody knows. */
  readonly outcome: "ok" | LmFailureCode;
  readonly status?: number;
  readonly requestId?: string;
  readonly usage?: LmUsage;
  /** US dollars, where the model's price is known. */
  readonly usd?: number;
  /** What was asked and answered; only in systems with `logContents`. */
  readonly messages?: readonly LmMessage[];
  readonly answers?: readonly string[];
  /** The same whole, where there is more to it than text: calls of tools, reasoning, log probabilities. */
  readonly completions?: readonly LmCompletion[];
}

/** The last calls of a client, oldest first. */
export interface CallHistory {
  add(record: CallRecord): void;
  list(): readonly CallRecord[];
}

export const DEFAULT_HISTORY = 50;

export function makeHistory(size: number): CallHistory {
  const ring: CallRecord[] = [];
  let next = 0;
  return Object.freeze({
    add(record: CallRecord): void {
      if (size === 0) return;
      ring[next] = record;
      next = (next + 1) % size;
    },
    list: () => [...ring.slice(next), ...ring.slice(0, next)],
  });
}

/** Records as JSON Lines: one object a line, each line ended. */
export function historyJsonl(records: readonly CallRecord[]): string {
  return records.map((record) => `${JSON.stringify(record)}\n`).join("");
}
