import { counted } from "../foundation/figure-text.ts";
import { refusalText, type StandingRefusal } from "../lm/limits/standing-refusal.ts";
import type { TreeNode } from "./tree-snapshot.ts";

/** What a health check asks of a system. Plain data: it survives JSON. */
export interface SystemHealth {
  /**
   * `ok`: all of it is up. `degraded`: calls are taken, and some will fail or wait for long. `down`: none is taken, or no
   * client and no program could answer one.
   */
  readonly status: "ok" | "degraded" | "down";
  /** What is amiss, a sentence each; none where it is `ok`. */
  readonly problems: readonly string[];
  readonly clients: readonly ClientHealth[];
  readonly programs: readonly ProgramHealth[];
}

/** `restarting`: its supervisor starts it again. `down`: it has ended, and stays so. */
export type HealthStanding = "up" | "restarting" | "down";

export interface ClientHealth {
  readonly name: string;
  readonly standing: HealthStanding;
  readonly restarts: number;
  /** Requests that hold a permit, and those that wait for one. */
  readonly inFlight: number;
  readonly waiting: number;
  /** Its circuit breaker's, of a client for models: `open` lets nothing through. */
  readonly circuit?: string;
  /** The provider refuses everything: milliseconds until the client tries again. */
  readonly pausedForMs?: number;
  /** Its provider turns every call down until a person acts: left out once a call was answered. */
  readonly refused?: StandingRefusal;
}

export interface ProgramHealth {
  readonly name: string;
  readonly standing: HealthStanding;
  readonly restarts: number;
  readonly running: number;
  readonly waiting: number;
}

/**
 * @param root the system's tree
 * @param stopping it takes no more calls
 */
export function healthOf(root: TreeNode, stopping: boolean): SystemHealth {
  const clients = below(root, "clients").map(clientHealth);
  const programs = below(root, "programs").map(programHealth);
  const isGone = standingOf(root) !== "up";
  const problems = [
    ...(isGone ? ["the system has stopped"] : stopping ? ["the system is stopping, and takes no more calls"] : []),
    ...clients.flatMap(clientProblems),
    ...programs.flatMap(({ name, standing }) => (standing === "up" ? [] : [`program "${name}" is ${standing}`])),
  ];
  const answers = [...clients, ...programs];
  const noneIsUp = answers.length > 0 && answers.every(({ standing }) => standing !== "up");
  const noClientIsUp = clients.length > 0 && clients.every(({ standing }) => standing !== "up");
  const down = isGone || stopping || noneIsUp || noClientIsUp;
  return { status: down ? "down" : problems.length > 0 ? "degraded" : "ok", problems, clients, programs };
}

function below(root: TreeNode, group: string): readonly TreeNode[] {
  return root.children.find(({ id }) => id === group)?.children ?? [];
}

function standingOf({ state }: TreeNode): HealthStanding {
  if (state === "restarting" || state === "init") return "restarting";
  return state === "undefined" || state === "exited" || state === "terminating" ? "down" : "up";
}

function clientHealth(node: TreeNode): ClientHealth {
  const { id: name, restarts, info } = node;
  const { circuit, pausedForMs } = info;
  // Only clients write it, and this is what they write.
  const refused = info["refused"] as StandingRefusal | undefined;
  return {
    name,
    // It has ended just now: its supervisor will hear of it.
    standing: node.state === "exited" ? "restarting" : standingOf(node),
    restarts,
    inFlight: figure(info["inFlight"]),
    waiting: figure(info["waiting"]),
    ...(typeof circuit === "string" && { circuit }),
    ...(typeof pausedForMs === "number" && { pausedForMs }),
    ...(refused !== undefined && { refused }),
  };
}

function clientProblems({ name, standing, circuit, pausedForMs, refused }: ClientHealth): string[] {
  if (standing !== "up") return [`client "${name}" is ${standing}`];
  return [
    ...(circuit === undefined || circuit === "closed" ? [] : [`client "${name}": its circuit is ${circuit}`]),
    ...(pausedForMs === undefined ? [] : [`client "${name}": its provider refuses everything`]),
    ...(refused === undefined ? [] : [`client "${name}": ${sinceWhen(refused)}`]),
  ];
}

function sinceWhen(refusal: StandingRefusal): string {
  const { since, times } = refusal;
  return `${refusalText(refusal)}: ${counted(times, "call")} since ${new Date(since).toISOString()}`;
}

/** A supervisor over its server and its runs: it is the server that takes calls. */
function programHealth(node: TreeNode): ProgramHealth {
  const server = node.children.find(({ id }) => id === "server");
  const standing = standingOf(node) === "up" && server !== undefined ? standingOf(server) : standingOf(node);
  return {
    name: node.id,
    standing: server?.state === "exited" ? "restarting" : standing,
    restarts: node.restarts + (server?.restarts ?? 0),
    running: figure(server?.info["running"]),
    waiting: figure(server?.info["waiting"]),
  };
}

function figure(value: unknown): number {
  return typeof value === "number" ? value : 0;
}
