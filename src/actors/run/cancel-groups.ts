import type { ActorRef } from "../../runtime/actor-ref.ts";
import type { Runtime } from "../../runtime/actor.ts";

export interface CancelGroups {
  /**
   * Ends the request when the life or the signal aborts, at once when one has. Gives the function that takes it out again.
   */
  join(ref: ActorRef, signal?: AbortSignal): () => void;
}

interface Group {
  readonly refs: Set<ActorRef>;
  readonly cancel: () => void;
}

/**
 * One listener for each signal, however many requests hang on it: n listeners on one signal cost n². The one that all hang
 * on is the life of the run that asks, whose link would not do: a run that has its outcome ends as `normal`, which takes
 * no linked process along. With that life, other signals lose their listeners too: the code that would take them off never
 * goes on.
 *
 * @param life aborted at the end of the process that asks
 */
export function cancelGroups(runtime: Runtime, life: AbortSignal): CancelGroups {
  const groups = new Map<AbortSignal, Group>();

  const groupOf = (signal: AbortSignal): Group => {
    const known = groups.get(signal);
    if (known !== undefined) return known;
    const refs = new Set<ActorRef>();
    // From outside: the signal may abort when the run itself is gone already.
    const cancel = (): void => {
      for (const each of refs) runtime.exitSignal(each, { shutdown: "cancelled" });
      if (signal !== life) return;
      for (const [other, group] of groups) other.removeEventListener("abort", group.cancel);
    };
    const group = { refs, cancel };
    groups.set(signal, group);
    signal.addEventListener("abort", cancel, { once: true });
    return group;
  };
  const enter = (signal: AbortSignal, ref: ActorRef): (() => void) => {
    // It may have aborted while the request was starting, and then tells nobody any more.
    if (signal.aborted) runtime.exitSignal(ref, { shutdown: "cancelled" });
    const { refs, cancel } = groupOf(signal);
    refs.add(ref);
    return () => {
      refs.delete(ref);
      if (refs.size > 0) return;
      signal.removeEventListener("abort", cancel);
      groups.delete(signal);
    };
  };

  return {
    join(ref, signal = life) {
      const leaveLife = enter(life, ref);
      if (signal === life) return leaveLife;
      const leaveSignal = enter(signal, ref);
      return () => {
        leaveLife();
        leaveSignal();
      };
    },
  };
}
