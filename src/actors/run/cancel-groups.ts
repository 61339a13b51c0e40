import type { ActorRef } from "../../runtime/actor-ref.ts";
import type { Self } from "../../runtime/actor.ts";
import type { ExitReason } from "../../runtime/exit-reason.ts";
import { whenEnded } from "../../runtime/self.ts";

/** The reason for which requests end that nobody waits for any more. */
export const CANCELLED: ExitReason = Object.freeze({ shutdown: "cancelled" });

export interface CancelGroups {
  /** Ends the request when the signal aborts, at once when it has. */
  join(ref: ActorRef, signal: AbortSignal): void;
  /** Takes it out again, where it is in. */
  leave(ref: ActorRef, signal: AbortSignal): void;
}

interface Group {
  readonly refs: Set<ActorRef>;
  readonly cancel: () => void;
}

/**
 * For signals of somebody's own: that the run itself ends its requests hear as its linked orphans. One listener for each
 * signal, however many requests hang on it: n listeners on one signal cost n². When the run has ended, the signals lose
 * their listeners: the code that would take them off never goes on.
 *
 * @param self the process that asks
 */
export function cancelGroups(self: Self): CancelGroups {
  const { runtime } = self;
  // Most runs have no signal besides their own life, and nothing of this.
  let groups: Map<AbortSignal, Group> | undefined;

  const begun = (): Map<AbortSignal, Group> => {
    const made = new Map<AbortSignal, Group>();
    const end = (): void => {
      for (const [signal, group] of made) signal.removeEventListener("abort", group.cancel);
    };
    whenEnded(self, end);
    return made;
  };
  const groupOf = (signal: AbortSignal, all: Map<AbortSignal, Group>): Group => {
    const known = all.get(signal);
    if (known !== undefined) return known;
    const refs = new Set<ActorRef>();
    // From outside: the signal may abort when the run itself is gone already.
    const cancel = (): void => {
      for (const each of refs) runtime.exitSignal(each, CANCELLED);
    };
    const group = { refs, cancel };
    all.set(signal, group);
    signal.addEventListener("abort", cancel, { once: true });
    return group;
  };

  return {
    join(ref, signal) {
      // It may have aborted while the request was starting, and then tells nobody any more.
      if (signal.aborted) runtime.exitSignal(ref, CANCELLED);
      const all = (groups ??= begun());
      groupOf(signal, all).refs.add(ref);
    },
    leave(ref, signal) {
      const group = groups?.get(signal);
      if (group === undefined || !group.refs.delete(ref) || group.refs.size > 0) return;
      signal.removeEventListener("abort", group.cancel);
      groups?.delete(signal);
    },
  };
}
