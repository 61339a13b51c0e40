import type { ActorRef } from "../../runtime/actor-ref.ts";
import { forEach, type SmallSet, withItem, without } from "../../runtime/small-set.ts";

/**
 * Requests and searches of a run that are under way, for those who look at the tree. A class, since there is one for each
 * run: most runs have one request at a time, and a `Set` of one takes a fifth of a kilobyte.
 */
export class OpenRequests {
  #refs: SmallSet<ActorRef> = undefined;

  add(ref: ActorRef): void {
    this.#refs = withItem<ActorRef>(this.#refs, ref);
  }

  delete(ref: ActorRef): void {
    this.#refs = without<ActorRef>(this.#refs, ref);
  }

  all(): readonly ActorRef[] {
    const all: ActorRef[] = [];
    forEach<ActorRef>(this.#refs, (ref) => void all.push(ref));
    return all;
  }
}
