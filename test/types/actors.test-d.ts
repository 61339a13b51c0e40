import { describe, expectTypeOf, test } from "vitest";
import { type ActorName, actorName, type ActorRef, type CallOf, type Protocol } from "../../src/runtime/actor-ref.ts";
import { behaviour } from "../../src/runtime/behaviour.ts";
import type { From, Runtime, RuntimeMessage, Self, StartResult } from "../../src/runtime/actor.ts";
import type { ExitReason } from "../../src/runtime/exit-reason.ts";
import { worker, type WorkerSpec } from "../../src/supervisors/child-spec.ts";
import { supervisor } from "../../src/supervisors/supervision.ts";
import {
  type ChildCounts,
  type ChildResult,
  countChildren,
  startChild,
  type SupervisorProtocol,
  terminateChild,
} from "../../src/supervisors/supervisor-protocol.ts";

interface CounterProtocol extends Protocol {
  readonly call: CallOf<{ type: "add"; by: number }, number> | CallOf<{ type: "name" }, string>;
  readonly cast: { type: "reset" };
  readonly info: { type: "tick" };
}

declare const runtime: Runtime;
declare const counter: ActorRef<CounterProtocol>;
declare const anyone: ActorRef;
declare const root: ActorRef<SupervisorProtocol>;

describe("a call", () => {
  test("has the reply of its request", () => {
    expectTypeOf(runtime.call(counter, { type: "add", by: 1 })).toEqualTypeOf<Promise<number>>();
    expectTypeOf(runtime.call(counter, { type: "name" })).toEqualTypeOf<Promise<string>>();
  });

  test("of a request that may be one or another has one reply or the other", (request: unknown) => {
    const either = request as { type: "add"; by: number } | { type: "name" };
    expectTypeOf(runtime.call(counter, either)).toEqualTypeOf<Promise<number | string>>();
  });

  test("refuses a request that the actor does not know", () => {
    // @ts-expect-error Type '"substract"' is not assignable to type '"add" | "name"'.
    void runtime.call(counter, { type: "substract", by: 1 });
    // @ts-expect-error Type 'string' is not assignable to type 'number'.
    void runtime.call(counter, { type: "add", by: "one" });
    // @ts-expect-error Property 'by' is missing in type '{ type: "add"; }' but required in type '{ type: "add"; by: number; }'.
    void runtime.call(counter, { type: "add" });
    // A cast is no call.
    // @ts-expect-error Type '"reset"' is not assignable to type '"add" | "name"'.
    void runtime.call(counter, { type: "reset" });
  });

  test("does not give a reply of another type", async () => {
    // @ts-expect-error Type 'number' is not assignable to type 'string'.
    const wrong: string = await runtime.call(counter, { type: "add", by: 1 });
    void wrong;
  });

  test("takes a timeout and a signal, and nothing that sounds like them", () => {
    void runtime.call(counter, { type: "name" }, { timeoutMs: 10, signal: new AbortController().signal });
    // @ts-expect-error Object literal may only specify known properties, but 'timeout' does not exist in type 'CallOptions'. Did you mean to write 'timeoutMs'?
    void runtime.call(counter, { type: "name" }, { timeout: 10 });
  });
});

describe("a cast and an info", () => {
  test("take what the protocol says", () => {
    runtime.cast(counter, { type: "reset" });
    runtime.info(counter, { type: "tick" });
    runtime.sendAfter(counter, { type: "tick" }, 1_000);
  });

  test("refuse anything else", () => {
    // @ts-expect-error Type '"tick"' is not assignable to type '"reset"'.
    runtime.cast(counter, { type: "tick" });
    // @ts-expect-error Type '"reset"' is not assignable to type '"tick"'.
    runtime.info(counter, { type: "reset" });
    // @ts-expect-error Type '"reset"' is not assignable to type '"tick"'.
    runtime.sendAfter(counter, { type: "reset" }, 1_000);
  });
});

describe("a ref without a protocol", () => {
  test("can be watched, linked, stopped and asked whether it lives", (self: Self) => {
    self.link(anyone);
    self.monitor(anyone);
    self.exitSignal(anyone, "kill");
    void runtime.stop(anyone);
    expectTypeOf(runtime.whenDown(anyone)).toEqualTypeOf<Promise<ExitReason | undefined>>();
    expectTypeOf(runtime.isAlive(anyone)).toEqualTypeOf<boolean>();
  });

  test("cannot be sent anything", () => {
    // @ts-expect-error Argument of type '{ type: string; }' is not assignable to parameter of type 'never'.
    runtime.cast(anyone, { type: "reset" });
    // @ts-expect-error Argument of type '{ type: string; }' is not assignable to parameter of type 'never'.
    runtime.info(anyone, { type: "tick" });
    // @ts-expect-error Argument of type '{ type: string; }' is not assignable to parameter of type 'never'.
    void runtime.call(anyone, { type: "name" });
    // A name that is looked up does not say what its holder takes.
    // @ts-expect-error Argument of type '{ type: string; }' is not assignable to parameter of type 'never'.
    runtime.cast(runtime.whereis("counter") ?? anyone, { type: "reset" });
  });

  test("is what any ref serves as, and serves as no other", () => {
    expectTypeOf(counter).toExtend<ActorRef>();
    // @ts-expect-error Type 'ActorRef<never>' is not assignable to type 'ActorRef<CounterProtocol>'.
    const wrong: ActorRef<CounterProtocol> = anyone;
    void wrong;
  });
});

describe("refs of different protocols", () => {
  interface Resettable extends Protocol {
    readonly call: never;
    readonly cast: { type: "reset" };
    readonly info: never;
  }
  interface Other extends Protocol {
    readonly call: never;
    readonly cast: { type: "stop" };
    readonly info: never;
  }

  test("serve where less is asked of them", () => {
    const resettable: ActorRef<Resettable> = counter;
    runtime.cast(resettable, { type: "reset" });
    // @ts-expect-error Argument of type '{ type: string; }' is not assignable to parameter of type 'never'.
    void runtime.call(resettable, { type: "name" });
  });

  test("do not serve where more, or something else, is asked", (resettable: ActorRef<Resettable>) => {
    // @ts-expect-error Type 'ActorRef<Resettable>' is not assignable to type 'ActorRef<CounterProtocol>'.
    const more: ActorRef<CounterProtocol> = resettable;
    // @ts-expect-error Type 'ActorRef<CounterProtocol>' is not assignable to type 'ActorRef<Other>'.
    const other: ActorRef<Other> = counter;
    void [more, other];
  });

  test("are not made of plain objects with other things in them", () => {
    // @ts-expect-error Object literal may only specify known properties, and 'name' does not exist in type 'ActorRef<never>'.
    const wrong: ActorRef = { name: "counter" };
    void wrong;
  });
});

describe("a name", () => {
  const named = actorName<CounterProtocol>("counter");

  test("takes what its protocol says, as a ref does", () => {
    expectTypeOf(named).toEqualTypeOf<ActorName<CounterProtocol>>();
    expectTypeOf(runtime.call(named, { type: "add", by: 1 })).toEqualTypeOf<Promise<number>>();
    // @ts-expect-error Type '"tick"' is not assignable to type '"reset"'.
    runtime.cast(named, { type: "tick" });
  });

  test("without a protocol takes nothing", () => {
    // @ts-expect-error Argument of type '{ type: string; }' is not assignable to parameter of type 'never'.
    runtime.cast(actorName("counter"), { type: "reset" });
  });

  test("is no ref: names outlive their holders, and cannot be watched for an end of theirs by whenDown", () => {
    // @ts-expect-error Property 'id' is missing in type 'ActorName<CounterProtocol>' but required in type 'ActorRef<never>'.
    void runtime.whenDown(named);
  });
});

describe("a behaviour", () => {
  const counting = behaviour<{ from: number }, number, CounterProtocol>({
    name: "counter",
    init({ from }, self) {
      expectTypeOf(from).toEqualTypeOf<number>();
      expectTypeOf(self).toEqualTypeOf<Self<CounterProtocol>>();
      return { state: from };
    },
    handleCall(state, request, from) {
      expectTypeOf(state).toEqualTypeOf<number>();
      expectTypeOf(request).toEqualTypeOf<{ type: "add"; by: number } | { type: "name" }>();
      expectTypeOf(from).toEqualTypeOf<From>();
      return request.type === "add" ? { state: state + request.by, reply: state } : { reply: "counter" };
    },
    handleCast(_state, message) {
      expectTypeOf(message).toEqualTypeOf<{ type: "reset" }>();
      return { state: 0 };
    },
    handleInfo(_state, message) {
      expectTypeOf(message).toEqualTypeOf<{ type: "tick" } | RuntimeMessage>();
    },
    terminate(state, reason) {
      expectTypeOf(state).toEqualTypeOf<number>();
      expectTypeOf(reason).toEqualTypeOf<ExitReason>();
    },
  });

  test("starts with its arguments and gives a ref of its protocol", () => {
    expectTypeOf(runtime.start(counting, { from: 1 })).toEqualTypeOf<Promise<StartResult<CounterProtocol>>>();
    // @ts-expect-error Type 'string' is not assignable to type 'number'.
    void runtime.start(counting, { from: "one" });
    // @ts-expect-error Property 'from' is missing in type '{}' but required in type '{ from: number; }'.
    void runtime.start(counting, {});
  });

  test("has a ref only where the start succeeded", (started: StartResult<CounterProtocol>) => {
    // @ts-expect-error Property 'ref' does not exist on type '{ readonly status: "ignore"; }'.
    void started.ref;
    if (started.status === "ok") expectTypeOf(started.ref).toEqualTypeOf<ActorRef<CounterProtocol>>();
    if (started.status === "error") expectTypeOf(started.reason).toEqualTypeOf<ExitReason>();
  });

  test("keeps to the type of its state", () => {
    behaviour<undefined, number>({
      name: "wrong",
      init: () => ({ state: 1 }),
      // @ts-expect-error Type 'string' is not assignable to type 'number'.
      handleCast: () => ({ state: "one" }),
    });
    behaviour<undefined, number>({
      name: "wrong",
      // @ts-expect-error Type 'string' is not assignable to type 'number'.
      init: () => ({ state: "one" }),
    });
  });

  test("gives back nothing, or what comes next, and nothing else", () => {
    behaviour<undefined, number>({
      name: "wrong",
      init: () => ({ state: 1 }),
      // @ts-expect-error Type 'number' is not assignable to type 'Handled<number>'.
      handleCall: (state) => state,
      // @ts-expect-error Type '{ sate: number; }' is not assignable to type 'Handled<number>'.
      handleCast: () => ({ sate: 2 }),
    });
  });

  test("says in init what it starts with, that it does not, or that it fails", () => {
    behaviour<undefined, number>({ name: "ignores", init: () => ({ ignore: true }) });
    behaviour<undefined, number>({ name: "fails", init: async () => ({ stop: "no" }) });
    // @ts-expect-error Type 'void' is not assignable to type 'Promise<InitResult<number>> | InitResult<number>'.
    behaviour<undefined, number>({ name: "wrong", init: () => {} });
  });
});

describe("supervision", () => {
  const counting = behaviour<number, number, CounterProtocol>({ name: "counter", init: (from) => ({ state: from }) });

  test("a worker's args are its behaviour's", () => {
    expectTypeOf(worker({ id: "a", behaviour: counting, args: 1 })).toEqualTypeOf<WorkerSpec<CounterProtocol>>();
    // @ts-expect-error Type 'string' is not assignable to type 'number'.
    worker({ id: "a", behaviour: counting, args: "one" });
  });

  test("words that OTP does not know are refused", () => {
    // @ts-expect-error Type '"always"' is not assignable to type 'RestartType'.
    worker({ id: "a", behaviour: counting, args: 1, restart: "always" });
    // @ts-expect-error Type '"never"' is not assignable to type 'Shutdown'.
    worker({ id: "a", behaviour: counting, args: 1, shutdown: "never" });
    // @ts-expect-error Type '"all_for_one"' is not assignable to type 'Strategy'.
    supervisor({ id: "s", children: [], strategy: "all_for_one" });
  });

  test("children of any protocols stand side by side", () => {
    supervisor({
      id: "s",
      children: [worker({ id: "a", behaviour: counting, args: 1 }), supervisor({ id: "t", children: [] })],
    });
  });

  test("supervisors answer through their functions, and no one else does", () => {
    expectTypeOf(countChildren(runtime, root)).toEqualTypeOf<Promise<ChildCounts>>();
    expectTypeOf(terminateChild(runtime, root, "a")).toEqualTypeOf<Promise<ChildResult>>();
    expectTypeOf(startChild(runtime, root, worker({ id: "a", behaviour: counting, args: 1 }))).toEqualTypeOf<
      Promise<StartResult>
    >();
    // @ts-expect-error Argument of type 'ActorRef<CounterProtocol>' is not assignable to parameter of type 'Supervisor'.
    void countChildren(runtime, counter);
  });
});
