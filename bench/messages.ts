/** Messages a second: one to one, one to many, around a ring, and calls; beside plain nact. */
import { behaviour } from "../src/runtime/behaviour.ts";
import type { ActorRef, CallOf, Protocol } from "../src/runtime/actor-ref.ts";
import { createRuntime } from "../src/runtime/runtime.ts";
import type { Runtime } from "../src/runtime/actor.ts";
import { atLeast, type BenchReport, type BenchRow, type Contender, interleave } from "./harness.ts";
import { type NactRef, type NactYardstick, plainNact } from "./parts/plain-nact.ts";

/** In bursts: all of one are sent before the first is handled. */
const MESSAGES = 10_000;
const BURSTS = 10;
const RECEIVERS = 1_000;
const RING = { members: 1_000, laps: 20 };
const CALLS = 20_000;
/** Enough before the first that counts for the engine to have compiled both sides. */
const ROUNDS = { rounds: 9, warmup: 3 };
/** The default of ours; the same for nact. */
const CALL_TIMEOUT_MS = 5_000;

/** Nobody else may hear of it: the last of a batch tells that all before it were handled. */
interface Last {
  readonly done?: () => void;
}

interface Counter extends Protocol {
  readonly call: CallOf<number, number>;
  readonly cast: Last;
  readonly info: never;
}

interface Sender extends Protocol {
  readonly call: CallOf<{ readonly to: ActorRef<Counter>; readonly calls: number }, number>;
  readonly cast: { readonly to: readonly ActorRef<Counter>[]; readonly done: () => void };
  readonly info: never;
}

interface Member extends Protocol {
  readonly call: CallOf<{ readonly next: ActorRef<Member> }, undefined>;
  readonly cast: { readonly hops: number; readonly done: () => void };
  readonly info: never;
}

const counter = behaviour<undefined, number, Counter>({
  name: "counter",
  init: () => ({ state: 0 }),
  handleCall: (count, request) => ({ reply: request, state: count + 1 }),
  handleCast(count, { done }) {
    done?.();
    return { state: count + 1 };
  },
});

const asyncCounter = behaviour<undefined, number, Counter>({
  ...counter,
  async handleCast(count, { done }) {
    done?.();
    return { state: count + 1 };
  },
});

const sender = behaviour<undefined, undefined, Sender>({
  name: "sender",
  init: () => ({ state: undefined }),
  async handleCall(_state, { to, calls }, _from, self) {
    let sum = 0;
    for (let index = 0; index < calls; index += 1) sum += await self.call(to, index);
    return { reply: sum };
  },
  handleCast(_state, { to, done }, self) {
    for (let sent = 1; sent <= MESSAGES; sent += 1) {
      const receiver = to[sent % to.length];
      if (receiver !== undefined) self.cast(receiver, sent > MESSAGES - to.length ? { done } : NOTHING);
    }
  },
});

const member = behaviour<undefined, ActorRef<Member> | undefined, Member>({
  name: "member",
  init: () => ({ state: undefined }),
  handleCall: (_state, { next }) => ({ reply: undefined, state: next }),
  handleCast(next, { hops, done }, self) {
    if (hops === 0) done();
    else if (next !== undefined) self.cast(next, { hops: hops - 1, done });
  },
});

const NOTHING: Last = Object.freeze({});

export async function run(): Promise<BenchReport> {
  const runtime = createRuntime({ name: "messages" });
  const nact = plainNact();
  const rows = [
    await row("one to one, handler returns a plain value", ...(await sends(runtime, nact, 1, "plain")), 15),
    await row("one to one, async handler", ...(await sends(runtime, nact, 1, "async")), 8),
    await row(`one to ${RECEIVERS}, plain value`, ...(await sends(runtime, nact, RECEIVERS, "plain"))),
    await row(`one to ${RECEIVERS}, async handler`, ...(await sends(runtime, nact, RECEIVERS, "async"))),
    await row(`a token around a ring of ${RING.members}`, ...(await ring(runtime, nact))),
    await row("calls by an actor, one after another", ...(await callsInARow(runtime, nact)), 3),
    await row("calls from outside, one after another", ...(await callsFromOutside(runtime, nact)), 3),
    await row(`calls from outside, ${RECEIVERS} at once`, ...(await callsAtOnce(runtime, nact)), 3),
  ];
  runtime.dispose();
  nact.end();
  return {
    about: `messages (or calls) a second, and how often as fast as plain nact's dispatch (or query); messages in bursts of ${MESSAGES.toLocaleString("en")}`,
    rows,
  };
}

async function row(name: string, ours: Contender, yardstick: Contender, least?: number): Promise<BenchRow> {
  const { median } = await interleave({ ours, yardstick }, ROUNDS);
  if (least !== undefined) return atLeast(name, median.ours, median.yardstick, least, "/s");
  return { name, value: median.ours, unit: "/s", ratio: median.ours / median.yardstick };
}

/** So many a second, for work that takes a callback for its end. */
async function perSecond(count: number, work: (done: () => void) => void): Promise<number> {
  const startedAt = performance.now();
  await new Promise<void>((resolve) => work(resolve));
  return (count * 1_000) / (performance.now() - startedAt);
}

function bursts(burst: (done: () => void) => void): Promise<number> {
  return perSecond(MESSAGES * BURSTS, (done) => {
    const next = (left: number): void => (left === 0 ? done() : burst(() => next(left - 1)));
    next(BURSTS);
  });
}

function countdown(times: number, done: () => void): () => void {
  let left = times;
  return () => {
    left -= 1;
    if (left === 0) done();
  };
}

async function started<P extends Protocol>(
  start: Promise<{ readonly status: string; readonly ref?: ActorRef<P> | ActorRef }>,
): Promise<ActorRef<P>> {
  const { ref } = await start;
  if (ref === undefined) throw new Error("an actor of the bench did not start");
  // Whoever starts it says which protocol it has.
  return ref as ActorRef<P>;
}

let names = 0;
function fresh(): string {
  return `bench-${(names += 1)}`;
}

async function sends(
  runtime: Runtime,
  nact: NactYardstick,
  receivers: number,
  handler: "plain" | "async",
): Promise<[Contender, Contender]> {
  const from = await started<Sender>(runtime.start(sender, undefined));
  const to: ActorRef<Counter>[] = [];
  const nactTo: NactRef[] = [];
  const handle =
    handler === "plain"
      ? (count: number, { done }: Last) => (done?.(), count + 1)
      : async (count: number, { done }: Last) => (done?.(), count + 1);
  for (let index = 0; index < receivers; index += 1) {
    to.push(await started<Counter>(runtime.start(handler === "plain" ? counter : asyncCounter, undefined)));
    nactTo.push(nact.spawn(fresh(), 0, handle));
  }
  const nactFrom = nact.spawnStateless(fresh(), ({ done }: { readonly done: () => void }) => {
    for (let sent = 1; sent <= MESSAGES; sent += 1) {
      const receiver = nactTo[sent % receivers];
      if (receiver !== undefined) nact.dispatch(receiver, sent > MESSAGES - receivers ? { done } : NOTHING);
    }
  });
  return [
    () => bursts((done) => runtime.cast(from, { to, done: countdown(receivers, done) })),
    () => bursts((done) => nact.dispatch(nactFrom, { done: countdown(receivers, done) })),
  ];
}

async function ring(runtime: Runtime, nact: NactYardstick): Promise<[Contender, Contender]> {
  const { members, laps } = RING;
  const refs: ActorRef<Member>[] = [];
  const nactRefs: NactRef[] = [];
  for (let index = 0; index < members; index += 1) {
    refs.push(await started<Member>(runtime.start(member, undefined)));
    nactRefs.push(
      nact.spawnStateless(fresh(), ({ hops, done }: Member["cast"]) => {
        const next = nactRefs[(index + 1) % members];
        if (hops === 0) done();
        else if (next !== undefined) nact.dispatch(next, { hops: hops - 1, done });
      }),
    );
  }
  const [first] = refs;
  const [nactFirst] = nactRefs;
  if (first === undefined || nactFirst === undefined) throw new Error("an empty ring");
  for (const [index, ref] of refs.entries()) await runtime.call(ref, { next: refs[(index + 1) % members] ?? first });
  const hops = members * laps;
  return [
    () => perSecond(hops, (done) => runtime.cast(first, { hops, done })),
    () => perSecond(hops, (done) => nact.dispatch(nactFirst, { hops, done })),
  ];
}

interface NactCall {
  readonly value: number;
  readonly replyTo: NactRef;
}

function nactCounter(nact: NactYardstick): NactRef {
  return nact.spawn(fresh(), 0, (count: number, { value, replyTo }: NactCall) => {
    nact.dispatch(replyTo, value);
    return count + 1;
  });
}

function nactCall(nact: NactYardstick, to: NactRef, value: number): Promise<number> {
  // Its ids for replies are drawn from 32 bits: now and then two are the same, and one reply is lost. The median is not
  // changed by the round that waits for it.
  return nact.query<number>(to, (replyTo) => ({ value, replyTo }), CALL_TIMEOUT_MS).catch(() => value);
}

async function callsInARow(runtime: Runtime, nact: NactYardstick): Promise<[Contender, Contender]> {
  const to = await started<Counter>(runtime.start(counter, undefined));
  const from = await started<Sender>(runtime.start(sender, undefined));
  const nactTo = nactCounter(nact);
  const nactFrom = nact.spawnStateless(fresh(), async ({ done }: { readonly done: () => void }) => {
    for (let index = 0; index < CALLS; index += 1) await nactCall(nact, nactTo, index);
    done();
  });
  return [
    () => perSecond(CALLS, (done) => void runtime.call(from, { to, calls: CALLS }, { timeoutMs: Infinity }).then(done)),
    () => perSecond(CALLS, (done) => nact.dispatch(nactFrom, { done })),
  ];
}

async function callsFromOutside(runtime: Runtime, nact: NactYardstick): Promise<[Contender, Contender]> {
  const to = await started<Counter>(runtime.start(counter, undefined));
  const nactTo = nactCounter(nact);
  const inARow = async (call: (value: number) => Promise<number>): Promise<void> => {
    for (let index = 0; index < CALLS; index += 1) await call(index);
  };
  return [
    () => perSecond(CALLS, (done) => void inARow((value) => runtime.call(to, value)).then(done)),
    () => perSecond(CALLS, (done) => void inARow((value) => nactCall(nact, nactTo, value)).then(done)),
  ];
}

async function callsAtOnce(runtime: Runtime, nact: NactYardstick): Promise<[Contender, Contender]> {
  const to = await started<Counter>(runtime.start(counter, undefined));
  const nactTo = nactCounter(nact);
  const inBatches = async (call: (value: number) => Promise<number>): Promise<void> => {
    for (let batch = 0; batch < CALLS / RECEIVERS; batch += 1)
      await Promise.all(Array.from({ length: RECEIVERS }, (_, index) => call(index)));
  };
  return [
    () => perSecond(CALLS, (done) => void inBatches((value) => runtime.call(to, value)).then(done)),
    () => perSecond(CALLS, (done) => void inBatches((value) => nactCall(nact, nactTo, value)).then(done)),
  ];
}
