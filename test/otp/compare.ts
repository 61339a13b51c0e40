import type { CaseNode, SupervisionCase, SupervisionTrace, TraceEvent } from "./supervision-case.ts";

/** The first place where two traces differ, as a line for people; undefined when they are the same. */
export function firstDifference(got: unknown, want: unknown, path = ""): string | undefined {
  if (Object.is(got, want)) return undefined;
  if (typeof got !== "object" || typeof want !== "object" || got === null || want === null)
    return `${path || "/"}: got ${JSON.stringify(got)}, expected ${JSON.stringify(want)}`;
  if (Array.isArray(got) && Array.isArray(want) && got.length !== want.length) {
    const [shorter, longer] = got.length < want.length ? [got, want] : [want, got];
    const common = firstDifference(got.slice(0, shorter.length), want.slice(0, shorter.length), path);
    const rest = JSON.stringify(longer[shorter.length]);
    return common ?? `${path}/${shorter.length}: ${longer === got ? "got" : "expected"} one more, ${rest}`;
  }
  for (const key of new Set([...Object.keys(want), ...Object.keys(got)])) {
    const difference = firstDifference(
      (got as Record<string, unknown>)[key],
      (want as Record<string, unknown>)[key],
      `${path}/${key}`,
    );
    if (difference !== undefined) return difference;
  }
  return undefined;
}

/** The trace with what the oracle leaves open put into one order. */
export function comparable(played: SupervisionCase, trace: SupervisionTrace): SupervisionTrace {
  const parents = parentsOf(played);
  const order = (events: readonly TraceEvent[]): readonly TraceEvent[] =>
    played.order === "per_id" ? perId(events) : stoppedAtOnce(events, parents);
  return {
    ...trace,
    boot: order(trace.boot),
    steps: trace.steps.map(({ result, events }) => ({ result, events: order(events) })),
    teardown: order(trace.teardown),
  };
}

function perId(events: readonly TraceEvent[]): TraceEvent[] {
  return events.toSorted((a, b) => compare(a.id, b.id) || a.generation - b.generation);
}

/** Children that their supervisor stops all at once end in no order: sort each run of them by id. */
function stoppedAtOnce(events: readonly TraceEvent[], parents: ReadonlyMap<string, string>): TraceEvent[] {
  const sorted: TraceEvent[] = [];
  for (let from = 0; from < events.length;) {
    const first = events[from] as TraceEvent;
    const parent = first.event === "terminated" ? parents.get(first.id) : undefined;
    const inRun = (event: TraceEvent | undefined): boolean =>
      parent !== undefined && event?.event === "terminated" && parents.get(event.id) === parent;
    let to = from + 1;
    while (inRun(events[to])) to += 1;
    sorted.push(...perId(events.slice(from, to)));
    from = to;
  }
  return sorted;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Of the children of supervisors that keep no order: whose they are. */
function parentsOf(played: SupervisionCase): Map<string, string> {
  const parents = new Map<string, string>();
  const unordered = new Set<string>();
  const walk = (node: CaseNode): void => {
    if (node.strategy === "dynamic" || node.strategy === "simple_one_for_one") unordered.add(node.id);
    for (const child of node.children ?? []) {
      if (unordered.has(node.id)) parents.set(child.id, node.id);
      walk(child);
    }
  };
  walk(played.tree);
  for (const step of played.steps) {
    if (step.do !== "start_child" || step.child === undefined || step.sup === undefined) continue;
    walk(step.child);
    if (unordered.has(step.sup)) parents.set(step.child.id, step.sup);
  }
  return parents;
}
