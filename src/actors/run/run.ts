import type { CallSite } from "../../foundation/call-site.ts";
import { asError, DspexError, UsageError } from "../../foundation/errors.ts";
import { LmError } from "../../lm/failure.ts";
import { callContext, type CallContext } from "../../programs/call-context.ts";
import { calledFrom, failed, misuse, type Outcome } from "../../programs/outcome.ts";
import { type TraceStep, withTrace } from "../../programs/prediction.ts";
import type { RunTerms } from "../../programs/run-terms.ts";
import type { ActorRef, Protocol } from "../../runtime/actor-ref.ts";
import { behaviour } from "../../runtime/behaviour.ts";
import type { Next, Self } from "../../runtime/actor.ts";
import { type ExitReason, isClean } from "../../runtime/exit-reason.ts";
import { sendToSelfAt, whenEnded } from "../../runtime/self.ts";
import type { ChildSpec } from "../../supervisors/child-spec.ts";
import { cancelledRun, outcomeOfExit, outcomeOfRun } from "./outcome.ts";
import { type RunOrder, runGrounds } from "./run-grounds.ts";
import { aboutRun, runEnded, runStarted } from "./run-events.ts";
import { OpenRequests } from "./open-requests.ts";

export interface RunArgs extends RunOrder {
  /** Aborting any of them cancels the run. */
  readonly signals: readonly AbortSignal[];
  /** Whose end cancels the run: the process that answers the caller. */
  readonly owner?: ActorRef | undefined;
  /** Told the one outcome, that of a run which ends before it has one of its own included. */
  readonly deliver: (outcome: Outcome) => void;
  /** Where it was called, for the stack of its failure. Here, as a closure that tells it costs each call 250 bytes. */
  readonly site?: CallSite | undefined;
}

interface RunProtocol extends Protocol {
  readonly call: never;
  readonly cast: never;
  readonly info:
    | { readonly type: "outcome"; readonly outcome: Outcome }
    | { readonly type: "deadline" }
    /** Its caller's signal has aborted. */
    | { readonly type: "cancelled"; readonly reason: unknown }
    /** The program's own code threw. */
    | { readonly type: "crash"; readonly thrown: unknown };
}

interface State {
  readonly args: RunArgs;
  readonly startedAt: number;
  readonly requests: OpenRequests;
  /** Of the outcome, once there is one: `ok`, or the error's. */
  code: string | undefined;
}

type RunSelf = Self<RunProtocol>;

/** The child spec of one run. It is temporary: a run is never restarted, its caller is told instead. */
export function runSpec(args: RunArgs): ChildSpec {
  const id = args.program.name;
  // Not by `worker`, which looks at its options: there is one for each call.
  return {
    id,
    type: "worker",
    restart: "temporary",
    start: (group) => group.startLink(runBehaviour, args, { label: id }),
  };
}

/**
 * One `forward()` of a program. The program's code runs beside the mailbox, so that the run hears of exits, its deadline
 * and its caller's end while the code waits for models. It traps the exits of its requests: what to do about a failed one
 * is decided by the retry policy in the program's own loop, which asks through this process.
 */
const runBehaviour = behaviour<RunArgs, State, RunProtocol>({
  name: "run",
  trapExits: true,

  init(args, self) {
    const state: State = { args, startedAt: self.runtime.clock.now(), requests: new OpenRequests(), code: undefined };
    whenEnded(self, (reason) => close(state, reason));
    return { state, continue: "forward" };
  },

  handleContinue(state, _message, self) {
    const { args, requests, startedAt } = state;
    if (runStarted.active) runStarted.publish(aboutRun(self, args.program.name, args.terms));
    if (args.owner !== undefined) self.monitor(args.owner);
    // Who gave up before it began is not worked for.
    const gone = args.signals.find(({ aborted }) => aborted);
    if (gone !== undefined) return finish(state, cancelledRun(args.terms, gone.reason));
    const leftMs = args.terms.endsAt - startedAt;
    if (leftMs <= 0) return finish(state, late(args.terms));
    for (const signal of args.signals) watchSignal(signal, self);
    // That of a part of another run is the other's, and may be anything.
    const { endsAt, timeoutMs, parent } = args.terms;
    sendToSelfAt(self, DEADLINE, endsAt, parent === undefined ? timeoutMs : leftMs);
    const steps: TraceStep[] | undefined = args.terms.trace ? [] : undefined;
    const context = callContext(runGrounds(self, args, requests, steps));
    // Begun here, and heard of as a message. The code may outlive its run: then nobody is owed anything any more.
    forward(args, context, steps, (message) => {
      if (self.runtime.isAlive(self.ref)) self.runtime.info(self.ref, message);
    });
    return undefined;
  },

  handleInfo(state, message) {
    switch (message.type) {
      case "outcome":
        return finish(state, message.outcome);
      case "deadline":
        return finish(state, late(state.args.terms));
      case "cancelled":
        return finish(state, cancelledRun(state.args.terms, message.reason));
      case "crash":
        throw message.thrown;
      case "DOWN":
        return finish(state, cancelledRun(state.args.terms, new Error("the caller is gone")));
      case "EXIT":
      case "REPLY":
      case "timeout":
        // The end of a request was told to the code that waits for it.
        return undefined;
    }
  },

  terminate(state, reason, self) {
    if (!runEnded.active) return;
    const code = state.code ?? (isClean(reason) ? "cancelled" : "run_crashed");
    const { program, terms } = state.args;
    const { ledger } = terms;
    const { tokens, usd } = ledger.report();
    const ms = self.runtime.clock.now() - state.startedAt;
    const spent = { lmCalls: ledger.sent, tokens: tokens.totalTokens, usd };
    runEnded.publish({ ...aboutRun(self, program.name, terms), code, ms, ...spent });
  },

  inspect: ({ args, requests }) => ({
    kind: "run",
    run: args.terms.run,
    program: args.program.name,
    children: requests.all().map((ref) => ({ id: "request", type: "worker", state: "running", ref, incarnation: 1 })),
  }),
});

const DEADLINE = Object.freeze({ type: "deadline" });

/** However it ends: what it has set aside is needed by others, and its caller is owed an outcome. */
function close({ args, code }: State, reason: ExitReason): void {
  args.terms.ledger.close();
  if (code === undefined) deliver(args, outcomeOfExit(reason, args.terms));
}

/** No async function: there is one for each run, and what it keeps while it waits is several times as much. */
function forward(
  { program, inputs }: RunArgs,
  context: CallContext,
  steps: readonly TraceStep[] | undefined,
  tell: (message: RunProtocol["info"]) => void,
): void {
  const fail = (thrown: unknown): void => tell(failureOf(thrown));
  try {
    // A program is anybody's code, and may give what is no promise.
    const begun = Promise.resolve(program.forward(inputs, context));
    const made = steps === undefined ? begun : begun.then((value) => withTrace(value, steps));
    made.then((value) => tell({ type: "outcome", outcome: { ok: true, value } }), fail);
  } catch (thrown) {
    fail(thrown);
  }
}

function failureOf(thrown: unknown): RunProtocol["info"] {
  // One that cannot be read is no failure that says something.
  const error = asError(thrown);
  // A failure that can happen in a right program, an LM call's or the program's own.
  if (error instanceof DspexError) return { type: "outcome", outcome: failed(error) };
  if (error instanceof UsageError) return { type: "outcome", outcome: failed(misuse(error)) };
  return { type: "crash", thrown };
}

/** The one place where an outcome leaves the run; the run ends with it, and its requests with the run. */
function finish(state: State, outcome: Outcome): Next<State> {
  const told = outcomeOfRun(outcome, state.args.terms);
  state.code = outcome.ok ? "ok" : outcome.error.code;
  deliver(state.args, told);
  return STOP;
}

function deliver(args: RunArgs, outcome: Outcome): void {
  args.deliver(calledFrom(outcome, args.site));
}

const STOP: Next<never> = Object.freeze({ stop: "normal" });

function late({ timeoutMs }: RunTerms): Outcome {
  const details = { phase: "total" };
  return failed(new LmError(`no outcome within ${timeoutMs} ms`, { code: "timeout", details }));
}

function watchSignal(signal: AbortSignal, self: RunSelf): void {
  const cancel = (): void => self.runtime.info(self.ref, { type: "cancelled", reason: signal.reason });
  signal.addEventListener("abort", cancel, { once: true });
  whenEnded(self, () => signal.removeEventListener("abort", cancel));
}
