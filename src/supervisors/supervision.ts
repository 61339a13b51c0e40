import { checkOptions, optionNames } from "../foundation/check-options.ts";
import type { Runtime, Self, StartOptions, StartResult } from "../runtime/actor.ts";
import type { ChildSpec, RestartType, Shutdown } from "./child-spec.ts";
import { type DynamicSupervisorArgs, dynamicSupervisorBehaviour } from "./dynamic-supervisor.ts";
import { type SupervisorArgs, supervisorBehaviour } from "./supervisor.ts";
import type { SupervisorProtocol } from "./supervisor-protocol.ts";

/** A supervisor with ordered children as a child: the specs of those are there to be looked at. */
export interface SupervisorSpec extends ChildSpec<SupervisorProtocol> {
  readonly children: readonly ChildSpec[];
}

interface AsChild {
  readonly id: string;
  /** A name in the registry. Default: none. */
  readonly name?: string;
  /** Default `"permanent"`. */
  readonly restart?: RestartType;
  /** Default `"infinity"`, as OTP advises for supervisors. */
  readonly shutdown?: Shutdown;
  readonly significant?: boolean;
}

const AS_CHILD = optionNames<AsChild>({ id: true, name: true, restart: true, shutdown: true, significant: true });

const SUPERVISOR: readonly string[] = [
  ...AS_CHILD,
  ...optionNames<SupervisorArgs>({ strategy: true, intensity: true, period: true, autoShutdown: true, children: true }),
];

const DYNAMIC: readonly string[] = [
  ...AS_CHILD,
  ...optionNames<DynamicSupervisorArgs>({ intensity: true, period: true, maxChildren: true, template: true }),
];

/**
 * The child spec of a supervisor with ordered children: OTP's `supervisor:start_link` under another supervisor. Values that
 * make no sense fail its start, as in OTP.
 * @throws UsageError for a flag that does not exist
 */
export function supervisor(options: AsChild & SupervisorArgs): SupervisorSpec {
  checkOptions("supervisor", options, SUPERVISOR, "flag");
  const spec = asChild(options, (parent, start) => parent.startLink(supervisorBehaviour, options, start));
  return Object.freeze({ ...spec, children: options.children });
}

/**
 * The child spec of a supervisor whose children come and go: Elixir's DynamicSupervisor. Values that make no sense fail its
 * start, as in OTP.
 * @throws UsageError for a flag that does not exist
 */
export function dynamicSupervisor(options: AsChild & DynamicSupervisorArgs): ChildSpec<SupervisorProtocol> {
  checkOptions("dynamicSupervisor", options, DYNAMIC, "flag");
  return asChild(options, (parent, start) => parent.startLink(dynamicSupervisorBehaviour, options, start));
}

function asChild(
  { id, name, restart, shutdown, significant }: AsChild,
  start: (parent: Self, options: StartOptions) => Promise<StartResult<SupervisorProtocol>>,
): ChildSpec<SupervisorProtocol> {
  const startOptions = { label: id, ...(name !== undefined && { name }) };
  return Object.freeze({
    id,
    type: "supervisor" as const,
    start: (parent: Self) => start(parent, startOptions),
    ...(restart !== undefined && { restart }),
    ...(shutdown !== undefined && { shutdown }),
    ...(significant !== undefined && { significant }),
  });
}

/** Starts a supervisor that nobody supervises: the root of a tree. */
export function startSupervisor(
  runtime: Runtime,
  args: SupervisorArgs,
  options: StartOptions = {},
): Promise<StartResult<SupervisorProtocol>> {
  return runtime.start(supervisorBehaviour, args, options);
}
