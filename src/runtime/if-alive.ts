import { heard } from "../foundation/heard.ts";
import type { ActorCell } from "./actor-cell.ts";

/** What a dead actor's code waits for. One for each: a shared one would keep all that ever waited for it. */
function never(): Promise<never> {
  return new Promise(() => {});
}

/**
 * The promise for code of this actor: once the actor has ended, it never settles. Begun early and awaited late, its failure
 * is the handler's and not the process's.
 */
export function ifAlive<T>(cell: ActorCell, outcome: Promise<T> | T): Promise<T> {
  // What is there already is told as a promise would tell it.
  if (!(outcome instanceof Promise)) return NOW.then(() => (cell.status === "dead" ? never() : outcome));
  return heard(
    outcome.then(
      (value) => (cell.status === "dead" ? never() : value),
      (error: unknown) => {
        if (cell.status === "dead") return never();
        throw error;
      },
    ),
  );
}

const NOW = Promise.resolve();
