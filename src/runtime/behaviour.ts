import type { Behaviour } from "./actor.ts";
import type { Protocol } from "./actor-ref.ts";

/** Fixes the type parameters of a behaviour and freezes it. */
export function behaviour<Args, State, P extends Protocol = Protocol>(
  definition: Behaviour<Args, State, P>,
): Behaviour<Args, State, P> {
  return Object.freeze(definition);
}
