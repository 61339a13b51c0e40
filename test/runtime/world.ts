// What the tests of actors share: a runtime on a virtual clock, and short words for starting and asking.
import { onTestFinished } from "vitest";
import type { EventKind, TelemetryEvent } from "../../src/foundation/telemetry.ts";
import type { ActorRef, Protocol } from "../../src/runtime/actor-ref.ts";
import { behaviour } from "../../src/runtime/behaviour.ts";
import type { Behaviour, From, Handled, Runtime, Self, StartOptions } from "../../src/runtime/actor.ts";
import { ExitError, type ExitReason } from "../../src/runtime/exit-reason.ts";
import { createRuntime } from "../../src/runtime/runtime.ts";
import { type TestClock, testClock } from "../../src/testing/test-clock.ts";

export interface World {
  readonly runtime: Runtime;
  readonly clock: TestClock;
  /** Starts it and gives its ref; throws when the start does not succeed. */
  start<Args, State, P extends Protocol>(
    behaviour: Behaviour<Args, State, P>,
    args: Args,
    options?: StartOptions,
  ): Promise<ActorRef<P>>;
}

let worlds = 0;

export function makeWorld(): World {
  const clock = testClock();
  worlds += 1;
  const runtime = createRuntime({ name: `test-${process.pid}-${worlds}`, clock });
  onTestFinished(() => runtime.dispose());
  return {
    runtime,
    clock,
    async start(behaviour, args, options) {
      const started = await runtime.start(behaviour, args, options);
      if (started.status !== "ok") throw new Error(`did not start: ${JSON.stringify(started)}`);
      return started.ref;
    },
  };
}

/** The reason for which a call, a stop or an exit failed. */
export async function failure(promise: Promise<unknown>): Promise<ExitReason> {
  const thrown = await promise.then(
    (value) => new Error(`it succeeded with ${String(value)}`),
    (error: unknown) => error,
  );
  if (!(thrown instanceof ExitError)) throw thrown;
  return thrown.reason;
}

/** Collects the events of one runtime until the test is over. */
export function record<Event extends TelemetryEvent>(runtime: Runtime, kind: EventKind<Event>): Event[] {
  const events: Event[] = [];
  const stop = kind.subscribe((event) => {
    if (event.systemId === runtime.id) events.push(event);
  });
  onTestFinished(stop);
  return events;
}

/** Has everything sent to it run as a function, in the actor. For tests of the runtime, not of a protocol. */
export interface RunnerProtocol extends Protocol {
  readonly call: { readonly request: Job; readonly reply: unknown };
  readonly cast: Job;
  readonly info: Job;
}

export type Job = (state: unknown[], from: From | undefined, self: Self<RunnerProtocol>) => Handled<unknown[]>;

/** An actor that does what it is told: each message is the handler's body. Its state is a list, at first empty. */
export const runner: Behaviour<undefined, unknown[], RunnerProtocol> = behaviour<undefined, unknown[], RunnerProtocol>({
  name: "runner",
  init: () => ({ state: [] }),
  handleCall: (state, job, from, self) => job(state, from, self),
  handleCast: (state, job, self) => job(state, undefined, self),
  handleInfo: (state, message, self) =>
    typeof message === "function" ? message(state, undefined, self) : { state: [...state, message] },
  handleContinue: (state, message, self) => (message as Job)(state, undefined, self),
});
