import { stamp } from "../../foundation/telemetry.ts";
import type { Adapter } from "../../adapters/adapter.ts";
import { asError, DspexError, UsageError } from "../../foundation/errors.ts";
import { onAbort } from "../../foundation/on-abort.ts";
import { cancelledError, LmError, withDetails } from "../../lm/failure.ts";
import { type Budget, makePurse, type Purse } from "../../lm/budget.ts";
import type { RetryPolicy } from "../../lm/retry/retry-policy.ts";
import type { PartListener } from "../../programs/answer-part.ts";
import type { CallContext } from "../../programs/call-context.ts";
import { failed, misuse, type Outcome } from "../../programs/outcome.ts";
import type { Program } from "../../programs/program.ts";
import { withTrace } from "../../programs/trace.ts";
import { type TraceStep } from "../../programs/prediction.ts";
import type { ActorRef, Protocol } from "../../runtime/actor-ref.ts";
import { behaviour } from "../../runtime/behaviour.ts";
import type { Next, Self } from "../../runtime/actor.ts";
import { isClean } from "../../runtime/exit-reason.ts";
import { type ChildSpec, worker } from "../../supervisors/child-spec.ts";
import type { Account } from "../client/account.ts";
import type { Priority } from "../../lm/limits/permits.ts";
import { runContext } from "./run-context.ts";
import { runEnded, runStarted } from "./run-events.ts";
import type { OpenRequests } from "./supervised-lm.ts";
import { systemEnv } from "../system-env.ts";

export interface RunArgs {
  readonly program: Program;
  readonly inputs: object;
  /** Milliseconds for the whole run, its retries included. */
  readonly timeoutMs: number;
  /** Default: the system's. */
  readonly retry?: RetryPolicy | undefined;
  /** Goes before the program's own. */
  readonly adapter?: Adapter | undefined;
  /** Default `"user"`. */
  readonly priority?: Priority | undefined;
  /** Default: one that all have in common. */
  readonly share?: string | undefined;
  /** Default: none. */
  readonly budget?: Budget | undefined;
  /** Of the program's actor, where there is one. */
  readonly account?: Account | undefined;
  /** Told what the answers bring while they come. */
  readonly parts?: PartListener | undefined;
  /** Whether the prediction's `$meta.trace` tells every predictor's call. Default false. */
  readonly trace?: boolean | undefined;
  /** Aborting cancels the run. */
  readonly signal?: AbortSignal | undefined;
  /** Whose end cancels the run: the process that answers the caller. */
  readonly owner?: ActorRef | undefined;
  /** Told the outcome, unless the run ends before it has one: then its exit reason says why (`outcomeOfExit`). */
  readonly deliver: (outcome: Outcome) => void;
}

interface RunProtocol extends Protocol {
  readonly call: never;
  readonly cast: never;
  readonly info:
    | { readonly type: "outcome"; readonly outcome: Outcome }
    | { readonly type: "deadline" }
    /** The program's own code threw. */
    | { readonly type: "crash"; readonly thrown: unknown };
}

interface State {
  readonly args: RunArgs;
  readonly runId: string;
  readonly startedAt: number;
  readonly requests: OpenRequests;
  readonly purse: Purse;
  /** Of the outcome, once there is one: `ok`, or the error's. */
  readonly code: string | undefined;
}

type RunSelf = Self<RunProtocol>;

/** The child spec of one run. It is temporary: a run is never restarted, its caller is told instead. */
export function runSpec(args: RunArgs): ChildSpec {
  return worker({ id: args.program.name, behaviour: runBehaviour, args, restart: "temporary" });
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
    const runId = systemEnv(self.runtime).nextRunId();
    const startedAt = self.runtime.clock.now();
    const purse = makePurse(args.budget, (spending) => args.account?.add(spending, false));
    return { state: { args, runId, startedAt, requests: new Set(), purse, code: undefined }, continue: "forward" };
  },

  handleContinue(state, _message, self) {
    const { args, runId, requests, purse, startedAt } = state;
    if (runStarted.active) runStarted.publish(about(state, self));
    if (args.owner !== undefined) self.monitor(args.owner);
    // Who gave up before it began is not worked for.
    if (args.signal?.aborted) return finish(state, failed(cancelledError(args.signal.reason)));
    if (args.timeoutMs <= 0) return finish(state, late(args));
    watchSignal(args.signal, self);
    self.sendAfter(self.ref, { type: "deadline" }, args.timeoutMs);
    const endsAt = startedAt + args.timeoutMs;
    const steps: TraceStep[] = [];
    const onStep = args.trace && { onStep: (step: TraceStep) => void steps.push(step) };
    const { priority = "user" } = args;
    const context = runContext(self, { ...args, priority, ...onStep, runId, requests, purse, endsAt });
    // Begun here, and heard of as a message. The code may outlive its run: then nobody is owed anything any more.
    void forward(args, context, steps).then((message) => {
      if (self.runtime.isAlive(self.ref)) self.runtime.info(self.ref, message);
    });
    return undefined;
  },

  handleInfo(state, message) {
    switch (message.type) {
      case "outcome":
        return finish(state, message.outcome);
      case "deadline":
        return finish(state, late(state.args));
      case "crash":
        throw message.thrown;
      case "DOWN":
        return finish(state, failed(cancelledError(new Error("the caller is gone"))));
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
    const { lmCalls, usage, usd } = state.purse.spent;
    const ms = self.runtime.clock.now() - state.startedAt;
    runEnded.publish({ ...about(state, self), code, ms, lmCalls, tokens: usage.totalTokens, usd });
  },

  inspect: ({ args, runId, requests }) => ({
    kind: "run",
    run: runId,
    program: args.program.name,
    children: [...requests].map((ref) => ({ id: "request", type: "worker", state: "running", ref, incarnation: 1 })),
  }),
});

async function forward(
  { program, inputs, trace }: RunArgs,
  context: CallContext,
  steps: readonly TraceStep[],
): Promise<RunProtocol["info"]> {
  try {
    const made = await program.forward(inputs, context);
    return { type: "outcome", outcome: { ok: true, value: trace ? withTrace(made, steps) : made } };
  } catch (thrown) {
    // One that cannot be read is no failure that says something.
    const error = asError(thrown);
    // A failure that can happen in a right program, an LM call's or the program's own.
    if (error instanceof DspexError) return { type: "outcome", outcome: failed(error) };
    if (error instanceof UsageError) return { type: "outcome", outcome: failed(misuse(error)) };
    return { type: "crash", thrown };
  }
}

/** The one place where an outcome leaves the run; the run ends with it, and its requests with the run. */
function finish(state: State, outcome: Outcome): Next<State> {
  state.args.deliver(withSpending(outcome, state.purse));
  return { stop: "normal", state: { ...state, code: outcome.ok ? "ok" : outcome.error.code } };
}

/** The end of a run whose requests were still under way says how many there were, and what those before had cost. */
function withSpending(outcome: Outcome, { begun, spent }: Purse): Outcome {
  if (outcome.ok || !(outcome.error instanceof LmError) || "attempts" in outcome.error.details) return outcome;
  const { lmCalls, usage, usd } = spent;
  const details = { attempts: begun, spent: { lmCalls, tokens: usage.totalTokens, usd } };
  return failed(withDetails(outcome.error, details));
}

function late({ timeoutMs }: RunArgs): Outcome {
  const details = { phase: "total" };
  return failed(new LmError(`no outcome within ${timeoutMs} ms`, { code: "timeout", details }));
}

function watchSignal(signal: AbortSignal | undefined, self: RunSelf): void {
  const cancel = (): void =>
    self.runtime.info(self.ref, { type: "outcome", outcome: failed(cancelledError(signal?.reason)) });
  if (signal !== undefined) onAbort(signal, cancel, self.signal);
}

function about({ args, runId }: State, self: RunSelf) {
  const { runtime } = self;
  return { ...stamp(runtime), run: runId, program: args.program.name };
}
