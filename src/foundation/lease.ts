import type { LockFile } from "./lock-file.ts";
import { isSurelyGone, isThisProcess, type ProcessFacts } from "./this-process.ts";

/** How often a holder says that it lives, in ms. */
export const BEAT_MS = 3_000;
/** How long it may say nothing, in ms, while somebody looks on, before it counts as gone. */
export const LEASE_MS = 15_000;
/** How often somebody who waits looks, in ms. */
export const LOOK_MS = 500;

/**
 * What can be said of a holder at one look.
 *
 * - `over`: the lock may be taken at once.
 * - `here`: it is this process, and so it lives for as long as anybody here can look.
 * - `unknown`: it may live; it counts as gone once it was seen to say nothing for {@link LEASE_MS}.
 */
export type Standing = "over" | "here" | "unknown";

/**
 * Pure but for asking whether a process is there.
 * @param mayBeCopied whether the file may be a copy: then nobody gives life signs in it, and whether its holder lives says nothing
 */
export function standingOf({ holder }: LockFile, me: ProcessFacts, owner: string, mayBeCopied: boolean): Standing {
  // Just being made, or damaged.
  if (holder === undefined) return "unknown";
  if (holder.state === "free") return "over";
  // An owner takes over from itself.
  if (isThisProcess(holder, me)) return holder.owner === owner ? "over" : mayBeCopied ? "unknown" : "here";
  return isSurelyGone(holder, me) ? "over" : "unknown";
}

/**
 * Looks on while a holder says nothing. Time is the observer's own, and only what it has watched counts: clocks of other
 * machines do not matter, nor does a time in which the observer itself was asleep, and perhaps the holder with it.
 */
export interface Watch {
  /** Whether the holder counts as gone, this look included. */
  look(text: string, now: number): boolean;
}

export function makeWatch(): Watch {
  let seen: string | undefined;
  let lookedAt = 0;
  let silentMs = 0;
  return {
    look(text, now) {
      silentMs = text === seen ? silentMs + Math.min(now - lookedAt, 2 * LOOK_MS) : 0;
      seen = text;
      lookedAt = now;
      return silentMs >= LEASE_MS;
    },
  };
}
