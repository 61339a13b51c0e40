import type { Adapter } from "../../adapters/adapter.ts";
import { checkNumber, checkOptions, optionNames, WHOLE_ABOVE_0 } from "../../foundation/check-options.ts";
import { describe, UsageError } from "../../foundation/errors.ts";
import { type Budget, checkBudget } from "../../lm/budget.ts";
import { readPolicy, type RetryPolicy } from "../../lm/retry/retry-policy.ts";
import type { Program } from "../../programs/program.ts";
import { isProgram, notProgram } from "../../programs/program-tree.ts";
import { type ActorName, actorName, type CallOf, type Protocol } from "../../runtime/actor-ref.ts";
import { behaviour } from "../../runtime/behaviour.ts";
import type { From, MonitorRef, Self } from "../../runtime/actor.ts";
import { type ExitReason, isClean } from "../../runtime/exit-reason.ts";
import { FifoQueue } from "../../foundation/queue.ts";
import { onBehalfOf, reply } from "../../runtime/self.ts";
import { type ChildSpec, worker } from "../../supervisors/child-spec.ts";
import { dynamicSupervisor, supervisor } from "../../supervisors/supervision.ts";
import type { SupervisorProtocol } from "../../supervisors/supervisor-protocol.ts";
import { failed, type Outcome } from "../../programs/outcome.ts";
import { busy, outcomeOfExit } from "../run/outcome.ts";
import { ownName } from "../own-names.ts";
import type { ProgramDirectory } from "./program-directory.ts";
import type { RunArgs } from "../run/run.ts";
import { startRun } from "../run/start-run.ts";
import { systemEnv } from "../system-env.ts";

export interface ProgramActorOptions<Inputs extends object, Outputs extends object> {
  /** What app code calls it. */
  readonly name: string;
  readonly program: Program<Inputs, Outputs>;
  /** Runs at once; further calls wait in line. Default 100. */
  readonly maxConcurrency?: number | undefined;
  /** Calls that may wait in line; more fail with `busy`. Default 10,000. */
  readonly maxWaiting?: number | undefined;
  /** What a run does when one of its requests fails. Default: the system's. */
  readonly retry?: RetryPolicy | undefined;
  /** Goes before the program's own. */
  readonly adapter?: Adapter | undefined;
  /**
   * What all its calls together may spend, through restarts, until the system ends: a request that would pass it fails as
   * `budget_exceeded`. Default: no limit.
   */
  readonly budget?: Budget | undefined;
}

/** A program as a child spec; it remembers what it takes and gives, so that its handle is typed. */
export interface ProgramSpec<
  Inputs extends object = never,
  Outputs extends object = object,
  P extends Program<Inputs, Outputs> = Program<Inputs, Outputs>,
> extends ChildSpec<SupervisorProtocol> {
  readonly kind: "program";
  readonly name: string;
  readonly program: P;
  /** For all its calls together; default: no limit. */
  readonly budget: Budget | undefined;
  /** What stands where its callers say nothing. */
  readonly defaults: Pick<ProgramActorOptions<Inputs, Outputs>, "retry" | "adapter">;
}

export interface ProgramCall extends Pick<RunArgs, "inputs" | "terms" | "parts" | "signals"> {
  readonly type: "run";
}

export interface ProgramServerProtocol extends Protocol {
  readonly call: CallOf<ProgramCall, Outcome>;
  readonly cast: never;
  readonly info: never;
}

/**
 * A program as a supervised, named process: a supervisor (`rest_for_one`) over the runs and the server that takes calls
 * from app code and starts them. Get its handle with `system.handle(spec)`.
 *
 * @throws UsageError for options that make no sense
 */
export function programActor<
  Inputs extends object,
  Outputs extends object,
  const P extends Program<Inputs, Outputs> = Program<Inputs, Outputs>,
>(options: ProgramActorOptions<Inputs, Outputs> & { readonly program: P }): ProgramSpec<Inputs, Outputs, P> {
  if (typeof options !== "object" || options === null)
    throw new UsageError(`programActor: expected an object of options, got ${describe(options)}`);
  const { name, program } = options;
  if (typeof name !== "string" || name === "")
    throw new UsageError(`programActor: name must be a text that is not empty, got ${describe(name)}`);
  const what = `programActor "${name}"`;
  checkOptions(what, options, OPTIONS);
  if (!isProgram(program)) throw notProgram(`${what}: program must be`, program);
  for (const key of ["maxConcurrency", "maxWaiting"] as const) checkNumber(what, key, options[key], WHOLE_ABOVE_0);
  const { budget } = options;
  if (budget !== undefined) checkBudget(what, budget);
  const retry = options.retry && readPolicy(`${what}: retry`, options.retry);
  const runs = runsName(name);
  const args: ServerArgs = { ...options, runs };
  const tree = supervisor({
    id: name,
    strategy: "rest_for_one",
    intensity: 3,
    children: [
      dynamicSupervisor({ id: "runs", name: runs.name }),
      worker({ id: "server", behaviour: serverBehaviour, args, name: programName(name).name }),
    ],
  });
  const defaults = Object.freeze({ retry, adapter: options.adapter });
  return Object.freeze({ ...tree, kind: "program" as const, name, program, budget, defaults });
}

const OPTIONS = optionNames<ProgramActorOptions<never, object>>({
  name: true,
  program: true,
  maxConcurrency: true,
  maxWaiting: true,
  retry: true,
  adapter: true,
  budget: true,
});

/** Where a program's server is found in the registry. */
export function programName(name: string): ActorName<ProgramServerProtocol> {
  return actorName(ownName("program", name));
}

function runsName(name: string): ActorName<SupervisorProtocol> {
  return actorName(ownName("program", name, "runs"));
}

interface ServerArgs {
  readonly name: string;
  // The server never looks into inputs or outputs; the handle's types hold them together.
  readonly program: Program<never, object>;
  readonly maxConcurrency?: number | undefined;
  readonly maxWaiting?: number | undefined;
  readonly budget?: Budget | undefined;
  readonly runs: ActorName<SupervisorProtocol>;
}

interface Waiting {
  readonly call: ProgramCall;
  readonly from: From;
}

interface State {
  readonly args: ServerArgs;
  readonly programs: ProgramDirectory;
  /** When the line was last looked through for those who gave up. */
  sweptAt: number;
  /** By the monitor of each run: whom its outcome is owed to. */
  readonly running: Map<MonitorRef, Waiting>;
  /** Callers that gave up stay in it until their turn, which they do not take, or until it is full. */
  readonly line: FifoQueue<Waiting>;
}

type ServerSelf = Self<ProgramServerProtocol>;

const serverBehaviour = behaviour<ServerArgs, State, ProgramServerProtocol>({
  name: "program_server",
  trapExits: true,

  init: (args, { runtime }) => ({
    state: {
      args,
      programs: systemEnv(runtime).programs,
      sweptAt: -Infinity,
      running: new Map(),
      line: new FifoQueue(),
    },
  }),

  async handleCall(state, call, from, self) {
    const { args, line } = state;
    const places = args.maxWaiting ?? 10_000;
    if (hasRoom(state)) return start(state, self, { call, from });
    if (line.length >= places) sweep(state, self.runtime.clock.now());
    if (line.length >= places) return { reply: failed(busy(`program "${args.name}"`)) };
    line.push({ call, from });
  },

  async handleInfo(state, message, self) {
    if (message.type !== "DOWN") return;
    // It has delivered its outcome, however it ended.
    if (!state.running.delete(message.monitor)) return;
    while (hasRoom(state)) {
      const next = state.line.shift();
      if (next === undefined) return;
      if (next.from.waiting) await onBehalfOf(next.from, () => start(state, self, next));
    }
  },

  terminate({ args, running, line }, reason, self) {
    // Stopped with its runs still there: for good. When it only follows them down to come back with them, or crashes, its
    // callers hear of its end and may try again.
    if (!isClean(reason) || self.whereis(args.runs.name) === undefined) return;
    for (const each of running.values()) replyExit(each, reason);
    for (let next = line.shift(); next !== undefined; next = line.shift()) replyExit(next, reason);
  },

  inspect: ({ args, programs, running, line }) => ({
    kind: "program",
    program: (programs.current(args.name) ?? args.program).name,
    running: running.size,
    waiting: line.length,
    usage: programs.ledger(args.name, args.budget).report(),
  }),
});

function replyExit({ from, call }: Waiting, reason: ExitReason): void {
  reply(from, outcomeOfExit(reason, call.terms));
}

function hasRoom({ args, running }: State): boolean {
  return running.size < (args.maxConcurrency ?? 100);
}

/** Milliseconds between two looks at a full line: a full line means a busy time. */
const SWEEP_MS = 100;

/** Makes those who gave up leave the line, where they would keep others out. */
function sweep(state: State, now: number): void {
  if (now - state.sweptAt < SWEEP_MS) return;
  state.sweptAt = now;
  for (let left = state.line.length; left > 0; left -= 1) {
    const place = state.line.shift();
    if (place?.from.waiting === true) state.line.push(place);
  }
}

async function start({ args, programs, running }: State, self: ServerSelf, asked: Waiting): Promise<void> {
  const { call, from } = asked;
  const { runs, name } = args;
  const started = await startRun(self, runs, `program "${name}"`, {
    ...call,
    program: programs.current(name) ?? args.program,
    owner: self.ref,
    deliver: (outcome) => reply(from, outcome),
  });
  if ("ok" in started) reply(from, started);
  else running.set(self.monitor(started), asked);
}
