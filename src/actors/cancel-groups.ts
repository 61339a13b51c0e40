import type { ActorRef } from "../runtime/actor-ref.ts";
import type { Runtime } from "../runtime/runtime.ts";

export interface CancelGroups {
  /** Ends the request when the signal aborts, at once when it has. Gives the function that takes it out again. */
  join(signal: AbortSignal, ref: ActorRef): () => void;
}

/**
 * One listener for each signal, however many requests hang on it: n listeners on one signal cost n². Most often it is the
 * run's own, whose link would not do: a run that has its outcome ends as `normal`, which takes no linked process along.
 */
export function cancelGroups(runtime: Runtime): CancelGroups {
  const groups = new Map<AbortSignal, { readonly refs: Set<ActorRef>; readonly cancel: () => void }>();
  return {
    join(signal, ref) {
      // It may have aborted while the request was starting, and then tells nobody any more.
      if (signal.aborted) runtime.exitSignal(ref, { shutdown: "cancelled" });
      let group = groups.get(signal);
      if (group === undefined) {
        const refs = new Set<ActorRef>();
        // From outside: the signal may abort when the run itself is gone already.
        const cancel = (): void => {
          for (const each of refs) runtime.exitSignal(each, { shutdown: "cancelled" });
        };
        group = { refs, cancel };
        groups.set(signal, group);
        signal.addEventListener("abort", cancel, { once: true });
      }
      const { refs, cancel } = group;
      refs.add(ref);
      return () => {
        refs.delete(ref);
        if (refs.size > 0) return;
        signal.removeEventListener("abort", cancel);
        groups.delete(signal);
      };
    },
  };
}
