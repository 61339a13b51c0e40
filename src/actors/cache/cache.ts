import { stamp } from "../../foundation/telemetry.ts";
import { sleep } from "../../foundation/clock.ts";
import type { DiskCache } from "../../lm/cache/disk.ts";
import { isKeepable } from "../../lm/cache/entry.ts";
import { type MemoryCache, memoryCache } from "../../lm/cache/memory.ts";
import type { LmError } from "../../lm/failure.ts";
import type { LmResponse } from "../../lm/language-model.ts";
import { actorName, type CallOf, type Protocol } from "../../runtime/actor-ref.ts";
import { behaviour } from "../../runtime/behaviour.ts";
import type { From, MonitorRef, Self } from "../../runtime/actor.ts";
import { reply } from "../../runtime/self.ts";
import { type ChildSpec, worker } from "../../supervisors/child-spec.ts";
import { type DiskKeeper, keepDisk } from "./cache-disk.ts";
import { cacheMended, cacheTrouble } from "./cache-events.ts";
import { type CacheOptions, type CacheSettings, type DiskSettings, readCacheOptions } from "./cache-options.ts";
import { ownName } from "../own-names.ts";
import { systemEnv } from "../system-env.ts";
import { type Flights, type GaveUp, type Handover, makeFlights } from "../../lm/cache/flights.ts";

/**
 * What a caller should do. `lead`: make the request, and tell what came of it. `failed`: an equal call that was in flight
 * failed, in a way that this one would too.
 */
export type CacheReply =
  | CacheHit
  | { readonly type: "lead"; readonly leader: number }
  | { readonly type: "failed"; readonly failure: LmError };

export interface CacheHit {
  readonly type: "hit";
  readonly response: LmResponse;
  /** `flight`: an equal call that was under way. */
  readonly from: "memory" | "disk" | "flight";
}

export interface CacheProtocol extends Protocol {
  readonly call:
    | CallOf<{ readonly type: "lookup"; readonly key: string }, CacheReply>
    /** Only what is there: waits for no other call, and leads none. */
    | CallOf<{ readonly type: "peek"; readonly key: string }, CacheHit | undefined>;
  readonly cast:
    /** A leader's answer, or anybody's. */
    | { readonly type: "answered"; readonly key: string; readonly response: LmResponse }
    | {
        readonly type: "gave_up";
        readonly key: string;
        readonly leader: number;
        /** Left out: the leader was cancelled, or something else that is about it alone. */
        readonly failure?: LmError;
      };
  readonly info: {
    readonly type: "disk_read";
    readonly key: string;
    readonly leader: number;
    readonly response: LmResponse | undefined;
  };
}

/** Where the LM response cache of a system is found in the registry. */
export const CACHE = actorName<CacheProtocol>(ownName("system", "cache"));

/** A disk that does not answer is done without. */
const READ_WAIT_MS = 1_000;

/**
 * The child spec of a system's cache. `owner` sets this system apart from others in the process: two of them do not write
 * in one folder, and this one's restarted cache takes over from the one before.
 *
 * @throws UsageError for an option that makes no sense, or a folder that cannot be made or written to
 */
export function cacheSpec(options: CacheOptions, owner: string): ChildSpec<CacheProtocol> {
  return worker({ id: "cache", behaviour: cacheBehaviour, args: readCacheOptions(options, owner), name: CACHE.name });
}

interface State {
  readonly args: CacheSettings;
  readonly memory: MemoryCache;
  /** Undefined where there is to be none. */
  readonly keeper: DiskKeeper | undefined;
  readonly flights: Flights<From>;
  /** Who asks for what, by the monitor that tells of its end. */
  readonly leaders: Map<MonitorRef, { readonly key: string; readonly leader: number }>;
  readonly monitors: Map<number, MonitorRef>;
  readonly counts: { hits: number; shared: number; misses: number };
}

type CacheSelf = Self<CacheProtocol>;

/**
 * Answers equal calls once. Nothing here waits: a file is read while other calls are answered, and written when there is
 * time. The leader is watched; when it fails or dies, the next one that waits leads.
 */
const cacheBehaviour = behaviour<CacheSettings, State, CacheProtocol>({
  name: "cache",
  trapExits: true,

  async init(args, self) {
    const { clock } = self.runtime;
    const freshFrom = (): number => clock.wallTime() - args.maxAgeMs;
    const memory = memoryCache(args.memoryBytes, freshFrom);
    const keeper = args.disk && diskOf(args.disk, memory, freshFrom, self);
    const state: State = {
      args,
      memory,
      keeper,
      flights: makeFlights((from) => from.waiting),
      leaders: new Map(),
      monitors: new Map(),
      counts: { hits: 0, shared: 0, misses: 0 },
    };
    await keeper?.start();
    return { state };
  },

  handleCall(state, request, from, self) {
    // Who gave up meanwhile is not to lead.
    if (!from.waiting) return undefined;
    const { key } = request;
    if (request.type === "peek") {
      const kept = fromMemory(state, key);
      const disk = state.keeper?.disk;
      if (kept !== undefined || !disk?.has(key)) return { reply: kept };
      void readDisk(disk, key, self).then((response) => reply(from, response && hit(response, "disk")));
      return undefined;
    }
    if (state.flights.leaderOf(key) !== undefined) {
      state.flights.wait(key, from);
      return undefined;
    }
    const kept = fromMemory(state, key);
    if (kept !== undefined) return { reply: kept };
    // Code outside of actors cannot be watched, so nobody is to wait for it.
    if (from.caller === null) return { reply: ON_ITS_OWN };
    const leader = state.flights.lead(key);
    const disk = state.keeper?.disk;
    if (disk?.has(key)) {
      state.flights.wait(key, from);
      void readDisk(disk, key, self).then((response) =>
        self.runtime.info(self.ref, { type: "disk_read", key, leader, response }),
      );
      return undefined;
    }
    return { reply: led(state, key, from, leader, self) };
  },

  handleCast(state, message, self) {
    const { key } = message;
    if (message.type === "answered") return answered(state, key, message.response, "flight", self);
    const { failure, leader } = message;
    forgetLeader(state, leader, self);
    itemQueue(state, key, failure, state.flights.giveUp(key, leader, whyGaveUp(failure)), self);
  },

  handleInfo(state, message, self) {
    switch (message.type) {
      case "disk_read": {
        const { key, leader, response } = message;
        if (response !== undefined) answered(state, key, response, "disk", self);
        else itemQueue(state, key, undefined, state.flights.giveUp(key, leader, "left"), self);
        return;
      }
      case "DOWN": {
        const led = state.leaders.get(message.monitor);
        if (led === undefined) return;
        forgetLeader(state, led.leader, self);
        itemQueue(state, led.key, undefined, state.flights.giveUp(led.key, led.leader, "left"), self);
        return;
      }
      case "EXIT":
      case "REPLY":
      case "timeout":
        return;
    }
  },

  async terminate({ keeper }) {
    await keeper?.close();
  },

  inspect: ({ memory, keeper, flights, counts }) => ({
    kind: "cache",
    ...counts,
    asking: flights.count,
    entries: memory.entries,
    bytes: memory.bytes,
    ...(keeper?.disk && { diskEntries: keeper.disk.entries, diskBytes: keeper.disk.bytes }),
    ...(keeper && !keeper.disk && { disk: "not open" }),
  }),
});

/** No flight has this number: whatever comes of it, nobody else waits for it. */
const ON_ITS_OWN: CacheReply = Object.freeze({ type: "lead", leader: 0 });

function hit(response: LmResponse, from: CacheHit["from"]): CacheHit {
  return { type: "hit", response, from };
}

function diskOf(
  settings: DiskSettings,
  memory: MemoryCache,
  freshFrom: () => number,
  { runtime, signal }: CacheSelf,
): DiskKeeper {
  return keepDisk({
    settings,
    clock: runtime.clock,
    life: signal,
    stopping: systemEnv(runtime).stopping,
    recall(key) {
      const response = memory.get(key);
      return response && { response, at: memory.keptAt(key) ?? 0 };
    },
    freshFrom,
    onTrouble: (trouble) => cacheTrouble.publish({ ...stamp(runtime), ...trouble }),
    onMended: () => cacheMended.publish({ ...stamp(runtime), path: settings.folder }),
  });
}

function fromMemory(state: State, key: string): CacheHit | undefined {
  const kept = state.memory.get(key);
  if (kept === undefined) return undefined;
  // So that it stays there as well.
  state.keeper?.disk?.has(key);
  state.counts.hits += 1;
  return hit(kept, "memory");
}

/** The caller leads, and is watched while it does. */
function led(state: State, key: string, from: From, leader: number, self: CacheSelf): CacheReply {
  state.counts.misses += 1;
  if (from.caller === null) return ON_ITS_OWN;
  const monitor = self.monitor(from.caller);
  state.leaders.set(monitor, { key, leader });
  state.monitors.set(leader, monitor);
  return { type: "lead", leader };
}

function forgetLeader(state: State, leader: number | undefined, self: CacheSelf): void {
  if (leader === undefined) return;
  const monitor = state.monitors.get(leader);
  if (monitor === undefined) return;
  state.monitors.delete(leader);
  state.leaders.delete(monitor);
  self.demonitor(monitor, { flush: true });
}

/** Callers first; then memory, and at last the disk, which nobody waits for. */
function answered(state: State, key: string, response: LmResponse, from: "flight" | "disk", self: CacheSelf): void {
  forgetLeader(state, state.flights.leaderOf(key), self);
  for (const waiter of state.flights.land(key)) {
    reply(waiter, hit(response, from));
    if (from === "disk") state.counts.hits += 1;
    else state.counts.shared += 1;
  }
  // One that was cut off is the answer to the calls in flight too, but not to later ones.
  if (!isKeepable(response)) return;
  // An answer does not get younger by being read.
  const at = from === "disk" ? state.keeper?.disk?.keptAt(key) : self.runtime.clock.wallTime();
  state.memory.set(key, response, at);
  if (from === "flight") state.keeper?.write(key, response, at ?? 0);
}

function itemQueue(
  state: State,
  key: string,
  failure: LmError | undefined,
  { next, told }: Handover<From>,
  self: CacheSelf,
): void {
  if (next !== undefined) reply(next.waiter, led(state, key, next.waiter, next.leader, self));
  for (const waiter of told) reply(waiter, failure === undefined ? ON_ITS_OWN : ({ type: "failed", failure } as const));
}

function whyGaveUp(failure: LmError | undefined): GaveUp {
  if (failure === undefined) return "left";
  return failure.retryable ? "may_pass" : "final";
}

async function readDisk(disk: DiskCache, key: string, self: CacheSelf): Promise<LmResponse | undefined> {
  const waited = new AbortController();
  const late = sleep(self.runtime.clock, READ_WAIT_MS, waited.signal).then(
    () => undefined,
    () => undefined,
  );
  const response = await Promise.race([disk.read(key), late]);
  waited.abort();
  return response;
}
