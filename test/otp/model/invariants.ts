// What holds of every supervision tree, whatever happens to it.
import type { CaseNode, SupervisionStep } from "../supervision-case.ts";
import type { ChaosEvent, ChaosRecord } from "./chaos-run.ts";
import { isPool } from "./spec-check.ts";

/** The first rule that the run broke, in words. */
export function brokenInvariant(record: ChaosRecord): string | undefined {
  return (
    orphaned(record) ??
    unanswered(record) ??
    oneEnd(record) ??
    childrenFirst(record) ??
    stoppedInReverse(record) ??
    withinIntensity(record)
  );
}

/** Who lives has a supervisor that lives; after the root nothing does. */
function orphaned({ orphans, left }: ChaosRecord): string | undefined {
  if (orphans.length > 0) return `lived on without a supervisor: ${orphans.join(", ")}`;
  return left > 0 ? `${left} processes are left when the root has ended` : undefined;
}

function unanswered({ unanswered: calls }: ChaosRecord): string | undefined {
  return calls.length > 0 ? `never answered: ${calls.join("; ")}` : undefined;
}

/** Every start has one outcome, and every process that started ends once, after that. */
function oneEnd({ events }: ChaosRecord): string | undefined {
  const begun = new Map<number, string>();
  for (const { process, id, event } of events) {
    const before = begun.get(process);
    if (event === "terminated" ? before !== "started" : before !== undefined)
      return `${id}: ${event} after ${before ?? "nothing"}`;
    begun.set(process, event);
  }
  for (const [process, last] of begun) if (last === "started") return `process ${process} started and never ended`;
  return undefined;
}

/** A supervisor that was not killed ends after its children. */
function childrenFirst({ events }: ChaosRecord): string | undefined {
  const ended = new Map<number, ChaosEvent>();
  for (const event of events) {
    const parent = ended.get(event.parent ?? -1);
    if (parent !== undefined && parent.reason !== "killed")
      return `${event.id} ${event.event} after its supervisor ${parent.id} had ended with ${JSON.stringify(parent.reason)}`;
    if (event.event === "terminated" || event.event === "start_failed") ended.set(event.process, event);
  }
  return undefined;
}

/** At the end of all, ordered siblings end last to first. */
function stoppedInReverse({ events, lists, teardownAt, nodes }: ChaosRecord): string | undefined {
  const ends = events.slice(teardownAt).filter(({ event }) => event === "terminated");
  for (const { id, process, reason } of ends) {
    const started = lists.get(process);
    // Who was killed stopped nobody, and a pool stops all at once.
    if (started === undefined || reason === "killed" || isPool(nodes.get(id) as CaseNode)) continue;
    const stopped = ends.filter(({ parent }) => parent === process).map((end) => end.process);
    if (stopped.join() !== started.toReversed().join())
      return `${id} started ${started.join(" ")} and stopped ${stopped.join(" ")}`;
  }
  return undefined;
}

/** More than the slowest start of a whole subtree takes. */
const SLOWEST_START_MS = 500;

/**
 * Never more than `intensity` restarts in a period. Charges are not seen, only the starts that follow them, so each is
 * taken for as old as it can be. A group restart is one charge and starts each child at most once: there children are
 * counted one by one, and a charge is no older than the start before. Starts that were asked for are free.
 */
function withinIntensity({ events, nodes, scenario }: ChaosRecord): string | undefined {
  const up = new Map<number, ChaosEvent>();
  const charges = new Map<string, number[]>();
  const lastStart = new Map<string, number>();
  for (const event of events) {
    if (event.event === "started") up.set(event.process, event);
    const { id, parent, at } = event;
    const above = up.get(parent ?? -1);
    if (event.event === "terminated" || above === undefined) continue;
    const { strategy = "one_for_one", intensity = 1, period = 5 } = nodes.get(above.id) as CaseNode;
    const group = strategy === "one_for_all" || strategy === "rest_for_one";
    const key = `${above.process} ${group ? id : ""}`;
    const since = group ? (lastStart.get(key) ?? above.at) : at - SLOWEST_START_MS;
    const recent = [...(charges.get(key) ?? []), since].filter((time) => time > at - period * 1000);
    charges.set(key, recent);
    lastStart.set(key, at);
    const asked = scenario.steps.slice(0, event.step + 1).filter(asksFor(above.id, group ? id : undefined)).length;
    if (recent.length > intensity + asked) {
      const what = `started ${group ? id : "children"} ${recent.length} times in ${period} s`;
      return `${above.id} ${what}, asked ${asked} times; its intensity is ${intensity}`;
    }
  }
  return undefined;
}

function asksFor(supervisor: string, child: string | undefined): (step: SupervisionStep) => boolean {
  return (step) =>
    step.sup === supervisor &&
    (step.do === "start_child" || step.do === "restart_child") &&
    (child === undefined || child === (step.child?.id ?? step.id));
}
