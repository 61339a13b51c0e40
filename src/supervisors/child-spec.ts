import { checkOptions, optionNames } from "../foundation/check-options.ts";
import type { Protocol } from "../runtime/actor-ref.ts";
import type { Behaviour, Self, StartOptions, StartResult } from "../runtime/actor.ts";

/**
 * When an ended child is started again (OTP). `permanent`: always. `transient`: after an abnormal reason.
 * `temporary`: never.
 */
export type RestartType = "permanent" | "transient" | "temporary";

/**
 * How a child is stopped (OTP): killed at once; asked, and killed after so many milliseconds; or asked and waited for
 * without end.
 */
export type Shutdown = "brutal_kill" | "infinity" | number;

export type ChildType = "worker" | "supervisor";

/** How a supervisor starts, restarts and stops one child. A frozen value; each start makes a new actor from it. */
export interface ChildSpec<P extends Protocol = never> {
  /** Unique among its siblings; a mere label under dynamic supervisors. */
  readonly id: string;
  /** Starts the child *linked* to the supervisor, with `supervisor.startLink`. */
  readonly start: (supervisor: Self) => Promise<StartResult<P>>;
  /** Default `"permanent"`. */
  readonly restart?: RestartType;
  /** Default 5,000 ms for workers, `"infinity"` for supervisors. */
  readonly shutdown?: Shutdown;
  /** Default `"worker"`. */
  readonly type?: ChildType;
  /** Whether its end counts for the supervisor's `autoShutdown`. Default false. */
  readonly significant?: boolean;
}

/** A child spec with nothing left out. */
export type FullChildSpec = Required<ChildSpec>;

export const WORKER_SHUTDOWN_MS = 5_000;

export function withDefaults(spec: ChildSpec): FullChildSpec {
  const type = spec.type ?? "worker";
  return Object.freeze({
    id: spec.id,
    start: spec.start,
    restart: spec.restart ?? "permanent",
    shutdown: spec.shutdown ?? (type === "supervisor" ? "infinity" : WORKER_SHUTDOWN_MS),
    type,
    significant: spec.significant ?? false,
  });
}

/** The spec of a child to be started, from a message: anything may have been sent. Undefined where it cannot be read, OTP's `invalid_child_spec`. */
export function readSpec(given: ChildSpec, template?: FullChildSpec): FullChildSpec | undefined {
  try {
    return withDefaults({ ...template, ...given });
  } catch {
    return undefined;
  }
}

export type AutoShutdown = "never" | "any_significant" | "all_significant";

/** OTP's `start_spec` errors, in the order in which OTP looks. */
export type SpecError =
  | "invalid_start"
  | "invalid_restart_type"
  | "invalid_significant"
  | "bad_combination"
  | "invalid_shutdown"
  | "invalid_child_type";

/** What OTP finds wrong with a child spec; undefined when nothing is. TypeScript checks most of it, data at run time does not. */
export function specError(spec: FullChildSpec, autoShutdown: AutoShutdown): SpecError | undefined {
  if (typeof spec.start !== "function") return "invalid_start";
  if (!["permanent", "transient", "temporary"].includes(spec.restart)) return "invalid_restart_type";
  if (typeof spec.significant !== "boolean") return "invalid_significant";
  if (spec.significant && (autoShutdown === "never" || spec.restart === "permanent")) return "bad_combination";
  if (!isShutdown(spec.shutdown)) return "invalid_shutdown";
  if (spec.type !== "worker" && spec.type !== "supervisor") return "invalid_child_type";
  return undefined;
}

function isShutdown(shutdown: unknown): shutdown is Shutdown {
  if (shutdown === "brutal_kill" || shutdown === "infinity") return true;
  return Number.isInteger(shutdown) && (shutdown as number) >= 0;
}

export interface WorkerOptions<Args, State, P extends Protocol> extends StartOptions {
  readonly id: string;
  readonly behaviour: Behaviour<Args, State, P>;
  readonly args: Args;
  readonly restart?: RestartType;
  readonly shutdown?: Shutdown;
  readonly significant?: boolean;
}

const WORKER = optionNames<WorkerOptions<unknown, unknown, Protocol>>({
  id: true,
  behaviour: true,
  args: true,
  restart: true,
  shutdown: true,
  significant: true,
  name: true,
  label: true,
  timeoutMs: true,
  trapExits: true,
});

/** An actor as a child. */
export interface WorkerSpec<P extends Protocol = never> extends ChildSpec<P> {
  /** The name of its behaviour. */
  readonly behaviour: string;
}

/**
 * The child spec of an actor. `args` go to `init` at each start.
 * @throws UsageError for an option that does not exist
 */
export function worker<Args, State, P extends Protocol>(options: WorkerOptions<Args, State, P>): WorkerSpec<P> {
  checkOptions("worker", options, WORKER);
  const { id, behaviour, args, restart, shutdown, significant, ...start } = options;
  return Object.freeze({
    id,
    start: (supervisor: Self) => supervisor.startLink(behaviour, args, { label: id, ...start }),
    type: "worker" as const,
    behaviour: behaviour.name,
    ...(restart !== undefined && { restart }),
    ...(shutdown !== undefined && { shutdown }),
    ...(significant !== undefined && { significant }),
  });
}
