import { describe, UsageError } from "../foundation/errors.ts";
import type { ChildSpec } from "../supervisors/child-spec.ts";

/** Where it goes; undefined for what is of no kind of ours, and goes under the root. */
export function groupOf(spec: ChildSpec): Group | undefined {
  return "kind" in spec ? GROUPS[String(spec.kind)] : undefined;
}

type Group = "clients" | "programs" | "teleprompters";

const GROUPS: Readonly<Record<string, Group>> = { client: "clients", program: "programs", job: "teleprompters" };

const RESERVED = new Set(["cache", "clients", "programs", "runs", "evaluations", "teleprompters"]);

/** @throws UsageError for what is no list of child specs, and for two of one name */
export function checkChildren(children: readonly ChildSpec[]): readonly ChildSpec[] {
  if (!Array.isArray(children)) throw new UsageError(`startSystem: children must be a list, got ${describe(children)}`);
  const seen = new Set<string>();
  for (const spec of children as readonly ChildSpec[]) {
    if (typeof spec !== "object" || spec === null || typeof spec.start !== "function")
      throw new UsageError(
        `startSystem: a child must be a child spec such as client(…) or programActor(…), got ${describe(spec)}${childHint(spec)}`,
      );
    if (typeof spec.id !== "string" || spec.id === "")
      throw new UsageError(`startSystem: a child's id must be a text that is not empty, got ${describe(spec.id)}`);
    const group = groupOf(spec);
    if (group === undefined && RESERVED.has(spec.id))
      throw new UsageError(`startSystem: the child id "${spec.id}" is taken by the system's own group`);
    const key = `${group ?? ""}/${spec.id}`;
    if (seen.has(key)) throw new UsageError(`startSystem: two children are called "${spec.id}"`);
    seen.add(key);
  }
  return children;
}

/** A model or a program itself, in the place of the spec that supervises it. */
function childHint(value: unknown): string {
  if (typeof value !== "object" || value === null) return "";
  if ("open" in value || "generate" in value) return ": client({ name, lm }) makes one of a model";
  return "forward" in value ? ": programActor({ name, program }) makes one of a program" : "";
}
