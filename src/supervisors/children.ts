import type { ActorRef } from "../runtime/actor-ref.ts";
import type { ChildType, FullChildSpec } from "./child-spec.ts";

/** `running`: has a process. `restarting`: waits for its next restart attempt. `undefined`: has none (OTP's word). */
export type ChildState = "running" | "restarting" | "undefined";

/** A child as its supervisor knows it. */
export interface Entry {
  readonly spec: FullChildSpec;
  state: ChildState;
  ref: ActorRef | undefined;
  /** Successful starts so far. */
  incarnation: number;
}

export interface ChildInfo {
  readonly id: string;
  readonly type: ChildType;
  readonly state: ChildState;
  readonly ref: ActorRef | undefined;
  /** Successful starts so far; restarts are one less. */
  readonly incarnation: number;
}

export function entryInfo({ spec, state, ref, incarnation }: Entry): ChildInfo {
  return { id: spec.id, type: spec.type, state, ref, incarnation };
}

/** The children of a supervisor: in start order, and found at once by id and by process however many there are. */
export interface Children {
  /** As they are now: what is added or removed later does not show. */
  list(): readonly Entry[];
  byId(id: string): Entry | undefined;
  byRef(ref: ActorRef): Entry | undefined;
  add(spec: FullChildSpec): Entry;
  remove(entry: Entry): void;
  up(entry: Entry, ref: ActorRef): void;
  down(entry: Entry, state: "restarting" | "undefined"): void;
}

export function makeChildren(): Children {
  // Maps keep the order in which keys came, which is the start order.
  const ids = new Map<string, Entry>();
  const refs = new Map<ActorRef, Entry>();
  const forget = (entry: Entry): void => {
    if (entry.ref !== undefined) refs.delete(entry.ref);
    entry.ref = undefined;
  };
  return {
    list: () => [...ids.values()],
    byId: (id) => ids.get(id),
    byRef: (ref) => refs.get(ref),
    add(spec) {
      const entry: Entry = { spec, state: "undefined", ref: undefined, incarnation: 0 };
      ids.set(spec.id, entry);
      return entry;
    },
    remove(entry) {
      forget(entry);
      if (ids.get(entry.spec.id) === entry) ids.delete(entry.spec.id);
    },
    up(entry, ref) {
      entry.ref = ref;
      entry.state = "running";
      entry.incarnation += 1;
      refs.set(ref, entry);
    },
    down(entry, state) {
      forget(entry);
      entry.state = state;
    },
  };
}
