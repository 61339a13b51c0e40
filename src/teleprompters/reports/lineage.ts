import type { JobStep } from "../job/job-board.ts";

/** A candidate in the tree of those that were made from one another. */
export interface LineageNode {
  readonly step: JobStep;
  /** 0: it was made from nothing that was scored before. */
  readonly depth: number;
  /** What it stands below: the first that it was made from. */
  readonly parent: JobStep | undefined;
  /** What else it was made from: names. */
  readonly others: readonly string[];
}

/** The tree from its roots, each candidate followed by what was made from it, in the order of scoring. */
export function lineage(steps: readonly JobStep[]): readonly LineageNode[] {
  const named = new Map<string, JobStep>();
  const roots: JobStep[] = [];
  const children = new Map<JobStep, JobStep[]>();
  const parents = new Map<JobStep, JobStep>();
  for (const step of steps) {
    // Only what was scored before: so nothing is its own ancestor.
    const name = step.parents.find((each) => named.has(each));
    const parent = name === undefined ? undefined : named.get(name);
    if (parent === undefined) roots.push(step);
    else {
      parents.set(step, parent);
      children.set(parent, [...(children.get(parent) ?? []), step]);
    }
    named.set(step.name, step);
  }
  const nodes: LineageNode[] = [];
  // No recursion: a chain may be longer than a stack is deep.
  const left = roots.map((step) => ({ step, depth: 0 })).toReversed();
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { step, depth } = next;
    const parent = parents.get(step);
    const others = step.parents.filter((name) => name !== parent?.name);
    nodes.push({ step, depth, parent, others });
    for (const child of (children.get(step) ?? []).toReversed()) left.push({ step: child, depth: depth + 1 });
  }
  return nodes;
}
