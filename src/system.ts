import { cacheSpec } from "./actors/cache/cache.ts";
import type { CacheOptions } from "./actors/cache/cache-options.ts";
import { EVALUATIONS, evaluateInSystem } from "./actors/evaluation/evaluate-in-system.ts";
import type { Examples, MetricFor } from "./evaluate/evaluate.ts";
import type { EvaluateOptions } from "./evaluate/evaluation-options.ts";
import type { EvaluationReport } from "./evaluate/report.ts";
import { compileInSystem, endJobs, handleOfJob, type JobSpec, TELEPROMPTERS } from "./actors/teleprompter/job-spec.ts";
import type { CompileOptions } from "./teleprompters/job/compile-options.ts";
import type { JobHandle } from "./teleprompters/job/job-handle.ts";
import type { Teleprompter, WrappingTeleprompter } from "./teleprompters/teleprompter.ts";
import { RUNS } from "./actors/run/forward-in-run.ts";
import { systemCalls } from "./actors/run/system-calls.ts";
import { makeOpenCalls } from "./actors/open-calls.ts";
import type { Outcome } from "./programs/outcome.ts";
import type { ProgramSpec } from "./actors/program/program-actor.ts";
import { type ProgramHandle, programHandle } from "./actors/program/program-handle.ts";
import type { UsageReport } from "./lm/ledger/account.ts";
import { makeLedger } from "./lm/ledger/ledger.ts";
import { type Budget, checkBudget } from "./lm/budget.ts";
import type { CallRecord } from "./actors/client/client-history.ts";
import {
  checkSignalOptions,
  type SignalOptions,
  stopOnSignals,
  type StopSystemOptions,
} from "./actors/stop-on-signals.ts";
import { checkChildren, groupOf } from "./actors/system-children.ts";
import { checkNamedClients } from "./actors/client/named-clients.ts";
import { programDirectory } from "./actors/program/program-directory.ts";
import { clientDirectory, type SystemEnv } from "./actors/system-env.ts";
import { captureScope } from "./foundation/async-scope.ts";
import { checkOptions, checkTimeout, optionNames } from "./foundation/check-options.ts";
import { type Clock, sleep } from "./foundation/clock.ts";
import { DspexError, UsageError } from "./foundation/errors.ts";
import { type Random, systemRandom, uniqueName, withStreams } from "./foundation/random.ts";
import { type PriceTable, readPrices } from "./lm/prices.ts";
import { readPolicy, type RetryPolicy } from "./lm/retry/retry-policy.ts";
import { pickClient } from "./programs/pick-client.ts";
import type { RunOptions } from "./programs/run-terms.ts";
import { type LoggerOption, logTelemetry } from "./logging.ts";
import { healthOf, type SystemHealth } from "./observer/health.ts";
import { type TreeNode, treeSnapshot } from "./observer/tree-snapshot.ts";
import type { Program } from "./programs/program.ts";
import type { Prediction } from "./programs/prediction.ts";
import type { ProgramInputs, ProgramStream } from "./programs/program-stream.ts";
import type { ActorRef } from "./runtime/actor-ref.ts";
import { errorIn, type ExitReason, formatReason } from "./runtime/exit-reason.ts";
import { createRuntime } from "./runtime/runtime.ts";
import type { Runtime } from "./runtime/actor.ts";
import type { ChildSpec } from "./supervisors/child-spec.ts";
import { dynamicSupervisor, startSupervisor, supervisor } from "./supervisors/supervision.ts";
import type { SupervisorProtocol } from "./supervisors/supervisor-protocol.ts";

export interface SystemOptions {
  /**
   * What to supervise: `client(…)`s go under the group "clients", `programActor(…)`s under "programs", everything else
   * (any child spec) under the root after the groups, in the order given. The cache comes before them all.
   */
  readonly children: readonly ChildSpec[];
  /** Shown in telemetry and logs. Default `"dspex"`. */
  readonly name?: string | undefined;
  /**
   * Answers that are kept and given again to equal calls: see {@link CacheOptions}. `false`: none, and equal calls in
   * flight are made each for itself. Default: in memory, and on disk where `dir` is given.
   */
  readonly cache?: CacheOptions | false | undefined;
  /** What runs do about failed requests where nothing else is said. Default `backoff()`. */
  readonly retry?: RetryPolicy | undefined;
  /** Dollars for a million tokens, by model: they go before the list prices. For what was used, and for budgets. */
  readonly prices?: PriceTable | undefined;
  /** What all its calls together may spend: a request that would pass it fails as `budget_exceeded`. Default: no limit. */
  readonly budget?: Budget | undefined;
  /** How loud (`"info"`), `{ level, pretty }`, a pino logger, or `false`: see {@link LoggerOption}. Default `"warn"`. */
  readonly logger?: LoggerOption | undefined;
  /** `false`: the same as `logger: false`. Default true. */
  readonly logging?: boolean | undefined;
  /** Lets prompts and answers into logs and telemetry. Default false. */
  readonly logContents?: boolean | undefined;
  /** Default: real time. */
  readonly clock?: Clock | undefined;
  /** Default: real randomness. */
  readonly random?: Random | undefined;
}

/** A running supervision tree, and the way from app code into it. */
export interface System {
  readonly name: string;
  /** Unlike any other system's, also of the same name: `systemId` of its telemetry. */
  readonly id: string;
  /** For what this interface has no word for: monitors, actors of one's own, `startChild`. */
  readonly runtime: Runtime;
  readonly root: ActorRef<SupervisorProtocol>;
  /**
   * Runs a program in a process of its own.
   * @throws LmError, RunError, or UsageError for inputs that do not fit (rejects)
   */
  forward<Inputs extends object, Outputs extends object>(
    program: Program<Inputs, Outputs>,
    inputs: NoInfer<Inputs>,
    options?: RunOptions,
  ): Promise<Prediction<Outputs>>;
  /** The same with failures as values: rejects for nothing. */
  tryForward<Inputs extends object, Outputs extends object>(
    program: Program<Inputs, Outputs>,
    inputs: NoInfer<Inputs>,
    options?: RunOptions,
  ): Promise<Outcome<Outputs>>;
  /**
   * The same as {@link System.forward}, told by field while the models write: see {@link stream}.
   *
   *     for await (const item of system.stream(qa, { question })) {
   *       if (item.type === "part") process.stdout.write(item.delta);
   *       else console.log(item.prediction.$meta.usage);
   *     }
   *
   * It begins when the loop does, and leaving the loop cancels it, down to the socket. `timeoutMs` counts the loop's own
   * time too.
   * @throws UsageError for what is no program; while iterating, what {@link System.forward} rejects with
   */
  stream<const P extends Program>(
    program: P,
    inputs: NoInfer<ProgramInputs<P>>,
    options?: RunOptions,
  ): ProgramStream<P>;
  /**
   * Evaluates a program on a set: each example a trial, each trial a process of its own under a supervisor of the
   * evaluation's. One that fails touches no other, and scores `failureScore`.
   * @throws UsageError (rejects) for an empty set, what is no program, no metric, and options that make no sense; RunError
   *   `program_down` while the system stops
   */
  evaluate<Inputs extends object, Labels extends object, Outputs extends object>(
    program: Program<Inputs, Outputs>,
    examples: Examples<NoInfer<Inputs>, Labels>,
    metric: MetricFor<NoInfer<Inputs>, NoInfer<Labels>, NoInfer<Outputs>>,
    options?: EvaluateOptions,
  ): Promise<EvaluationReport>;
  /** Several candidates side by side: a report for each, in their order. */
  evaluate<Inputs extends object, Labels extends object, Outputs extends object>(
    programs: readonly Program<Inputs, Outputs>[],
    examples: Examples<NoInfer<Inputs>, Labels>,
    metric: MetricFor<NoInfer<Inputs>, NoInfer<Labels>, NoInfer<Outputs>>,
    options?: EvaluateOptions,
  ): Promise<readonly EvaluationReport[]>;
  /**
   * Starts a teleprompter's job: a supervised process that looks for a better program, whose search goes on where it left off
   * when it crashes, and, with a `folder`, when the process does. The same as a child of the tree: {@link job}.
   * @throws UsageError (rejects) for what is no teleprompter, program or set, options that make no sense, and a job's name that
   *   is taken; RunError `program_down` while the system stops
   */
  compile<Inputs extends object, Labels extends object, Outputs extends object>(
    teleprompter: WrappingTeleprompter<NoInfer<Inputs>, NoInfer<Labels>, NoInfer<Outputs>>,
    student: Program<Inputs, Outputs>,
    options: CompileOptions<Inputs, Labels>,
  ): Promise<JobHandle<Program<Inputs, Outputs>>>;
  compile<Inputs extends object, Labels extends object, Outputs extends object, P extends Program<Inputs, Outputs>>(
    teleprompter: Teleprompter<NoInfer<Inputs>, NoInfer<Labels>, NoInfer<Outputs>>,
    student: P & Program<Inputs, Outputs>,
    options: CompileOptions<Inputs, Labels>,
  ): Promise<JobHandle<P>>;
  /** The handle of a job that is a child of this system. @throws UsageError for one that is not */
  job<P extends Program<never>>(spec: JobSpec<P>): JobHandle<P>;
  /** The typed face of a program actor of this system. */
  handle<Inputs extends object, Outputs extends object, P extends Program<Inputs, Outputs>>(
    spec: ProgramSpec<Inputs, Outputs, P>,
  ): ProgramHandle<Inputs, Outputs, P>;
  /** The whole tree as data, as it is at this moment. The root's `info.usage` is what all clients have used. */
  tree(): TreeNode;
  /**
   * Whether it can answer calls, and what is amiss, for a health check: of each client and program actor, from the tree as
   * it is at this moment. Asks nothing of any provider.
   */
  health(): SystemHealth;
  /** What all calls, and all clients at their start, have used since the system was started. */
  usage(): UsageReport;
  /**
   * The last calls of a client, or of all of them, oldest first; each client remembers as many as its option `history`
   * says. Without contents, unless the system has `logContents`. `historyJsonl` writes them as JSON Lines.
   * @throws LmError `no_such_client`
   */
  inspectHistory(client?: string): readonly CallRecord[];
  /**
   * Takes no more calls, lets those under way finish for up to `drainMs`, then stops the tree, children last to first,
   * each fully gone before the next; what is still under way ends as `cancelled`. Resolves when nothing of the system is
   * left that keeps the process alive. May be called again: without `drainMs`, to cut a drain short.
   * @throws UsageError (rejects, and stops nothing) for a `drainMs` that is no number of milliseconds
   */
  stop(options?: StopSystemOptions): Promise<void>;
  /**
   * Stops the system when the process gets one of these signals, and again without draining when it gets another. The
   * process then ends by itself, with exit code 0, once nothing else of the app keeps it alive. Gives the function that
   * takes the handlers off again.
   * @throws UsageError for what is no signal, or none that a process hears of (`SIGKILL`), and for wrong options
   */
  onSignals(signals: readonly NodeJS.Signals[], options?: SignalOptions): () => void;
  /** Settles with the root's exit reason once all is over: `shutdown` also when it gave up after too many restarts. Never rejects. */
  readonly exited: Promise<ExitReason>;
}

const OPTIONS = optionNames<SystemOptions>({
  children: true,
  name: true,
  cache: true,
  retry: true,
  prices: true,
  budget: true,
  logger: true,
  logging: true,
  logContents: true,
  clock: true,
  random: true,
});

const STOP_OPTIONS = optionNames<StopSystemOptions>({ drainMs: true });

/** The system could not come up; the message is one line, and `cause` the error of the child that failed. */
export class StartError extends DspexError<"start_failed"> {
  override readonly name: string = "StartError";
}

// Elixir's default for the groups, which hold what users gave; a run is never restarted, so its group needs none.
const GROUP = { intensity: 3, period: 5 };

/**
 * Starts a system: the root supervisor, its groups, and the children that were given, in order. Resolves when all are
 * up.
 *
 * @throws UsageError for children that are none, for a program or a fallback that names a client that is not there, or no
 *   client where there are several (as far as the specs tell), and for what a client says about its settings (a missing key, say)
 * @throws StartError when another child's start failed; those that were up are stopped again
 */
export async function startSystem(options: SystemOptions): Promise<System> {
  checkOptions("startSystem", options, OPTIONS);
  if (options.budget !== undefined) checkBudget("startSystem", options.budget);
  const children = checkChildren(options.children);
  checkNamedClients(children);
  const name = options.name ?? "dspex";
  const hurry = new AbortController();
  const env = systemEnvOf(options, hurry.signal);
  const cache = options.cache === false ? [] : [cacheSpec(options.cache ?? {}, uniqueName())];
  const runtime = createRuntime({ name, env, ...(options.clock && { clock: options.clock }) });
  const log = logTelemetry(runtime, options.logging === false ? false : options.logger, options.logContents ?? false);
  const settle = (): void => {
    log.stop();
    runtime.dispose();
  };
  const started = await startSupervisor(
    runtime,
    { ...GROUP, children: [...cache, ...groups(children)] },
    { label: "root" },
  );
  if (started.status !== "ok") {
    settle();
    throw startError(started.status === "error" ? started.reason : "ignore");
  }
  log.up();
  const root = started.ref;
  // A killed root leaves first: what was below it still needs its turns to end, and its callers their outcomes.
  const exited = runtime.whenTreeDown(root).then(async (reason) => {
    await endJobs(runtime).finally(settle);
    return reason;
  });

  const stop = async (stopOptions: StopSystemOptions = {}): Promise<void> => {
    // Before calls are refused: what is refused has stopped nothing.
    checkOptions("system.stop", stopOptions, STOP_OPTIONS);
    const { drainMs = 0 } = stopOptions;
    checkTimeout("system.stop", "drainMs", drainMs);
    const drained = env.openCalls.close();
    if (drainMs > 0) await Promise.race([drained, sleep(runtime.clock, drainMs, hurry.signal).catch(() => {}), exited]);
    hurry.abort();
    // It may have ended already, or be ending.
    await runtime.stop(root, "shutdown").catch(() => {});
    await exited;
  };

  return Object.freeze({
    name,
    id: runtime.id,
    runtime,
    root,
    exited,
    ...systemCalls(runtime),
    handle: <Inputs extends object, Outputs extends object, P extends Program<Inputs, Outputs>>(
      spec: ProgramSpec<Inputs, Outputs, P>,
    ) => programHandle(runtime, spec),
    tree: () => {
      const tree = treeSnapshot(runtime, root, "root");
      return { ...tree, info: { ...tree.info, usage: env.ledger.report() } };
    },
    health: () => healthOf(treeSnapshot(runtime, root, "root"), env.openCalls.closed),
    usage: () => env.ledger.report(),
    inspectHistory: (client?: string) => historyOf(env, client),
    // Typed by the interface: what is evaluated meets its set and metric there.
    evaluate: ((given: unknown, examples: unknown, metric: unknown, evaluateOptions: EvaluateOptions = {}) =>
      evaluateInSystem(runtime, given, examples, metric, evaluateOptions)) as System["evaluate"],
    // A search changes predictors, and no type: what it makes of a student is one as well.
    compile: (teleprompter: unknown, student: unknown, compileOptions: CompileOptions) =>
      compileInSystem(runtime, teleprompter, student, compileOptions),
    job: <P extends Program<never>>(spec: JobSpec<P>) => handleOfJob(runtime, spec),
    stop,
    onSignals(signals: readonly NodeJS.Signals[], signalOptions: SignalOptions = {}) {
      checkSignalOptions(signals, signalOptions);
      // Node has one listener of its own for each signal, and runs all in the context of whoever came first.
      const scope = captureScope();
      const { before, ...rest } = signalOptions;
      const inScope = before && { before: () => scope.runInAsyncScope(before) };
      return stopOnSignals(signals, { ...rest, ...inScope }, stop, exited);
    },
  });
}

function systemEnvOf(options: SystemOptions, stopping: AbortSignal): SystemEnv {
  let runs = 0;
  const ledger = makeLedger({ budget: options.budget, whose: "the system" });
  return Object.freeze({
    kind: "dspex-system" as const,
    clients: clientDirectory(),
    retrievers: new Map(),
    programs: programDirectory(ledger),
    jobs: new Map(),
    prices: readPrices("startSystem: prices", options.prices),
    ledger,
    random: withStreams(options.random ?? systemRandom),
    retry: readPolicy("startSystem: retry", options.retry ?? {}),
    cache: options.cache !== false,
    logContents: options.logContents ?? false,
    openCalls: makeOpenCalls(),
    stopping,
    nextRunId: () => `run-${(runs += 1)}`,
  });
}

function historyOf({ clients }: SystemEnv, client: string | undefined): readonly CallRecord[] {
  const names = client === undefined ? clients.names() : [pickClient(clients.names(), client)];
  const records = names.flatMap((name) => clients.memory(name)?.history.list() ?? []);
  return records.toSorted((a, b) => a.at - b.at);
}

function groups(children: readonly ChildSpec[]): ChildSpec[] {
  const of = (group: string | undefined): ChildSpec[] => children.filter((spec) => groupOf(spec) === group);
  return [
    supervisor({ id: "clients", ...GROUP, children: of("clients") }),
    supervisor({ id: "programs", ...GROUP, children: of("programs") }),
    dynamicSupervisor({ id: "runs", name: RUNS.name }),
    dynamicSupervisor({ id: "evaluations", name: EVALUATIONS.name }),
    supervisor({ id: "teleprompters", name: TELEPROMPTERS.name, ...GROUP, children: of("teleprompters") }),
    ...of(undefined),
  ];
}

const OWN_NAMES = "the system's own names begin with client/, program/ and system/";

/** The error that a person can act on, where one is at the bottom of it. */
function startError(reason: ExitReason): Error {
  const cause = errorIn(reason);
  if (cause instanceof UsageError) return cause;
  const why = formatReason(reason);
  const hint = why.endsWith("already_started") ? ` (its name is taken; ${OWN_NAMES})` : "";
  return new StartError(`the system could not start: ${why}${hint}`, {
    code: "start_failed",
    retryable: false,
    cause,
  });
}
