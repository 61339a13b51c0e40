// Random scenarios in the form of recorded ones: sketches with ids, and steps that speak of what is there.
import type fc from "fast-check";
import type { CaseNode, SupervisionCase, SupervisionStep } from "../supervision-case.ts";
import {
  type ScenarioSketch,
  scenarioSketches,
  type Sketch,
  type SketchOptions,
  type StepSketch,
} from "./random-sketch.ts";
import { isPool, isSupervisor } from "./spec-check.ts";

export type Scenario = Omit<SupervisionCase, "expect">;

export function scenarios(options: SketchOptions): fc.Arbitrary<Scenario> {
  return scenarioSketches(options).map(writeScenario);
}

const PLAIN: Sketch = { settings: {}, children: undefined };

function writeScenario({ tree, steps, flaw }: ScenarioSketch): Scenario {
  let count = 0;
  const newId = (sketch: Sketch): string => `${sketch.children === undefined ? "w" : "s"}${(count += 1)}`;
  /** A node that OTP takes, save for the flaw. */
  const node = (sketch: Sketch, parent: CaseNode | undefined, id: string): CaseNode => {
    const settings = { ...fitting(sketch, parent), ...(flaw?.node === count && flaw.with) };
    if (sketch.children === undefined) return { id, type: "worker", ...settings };
    const self: CaseNode = { id, type: "supervisor", ...settings };
    if (self.strategy === "dynamic") return self;
    const template = self.strategy === "simple_one_for_one";
    const sketches = template ? [childless(sketch.children[0] ?? PLAIN)] : sketch.children;
    return { ...self, children: sketches.map((child) => node(child, self, newId(child))) };
  };
  const book: Book = { supervisors: new Map(), workers: [] };
  const root = node(tree, undefined, "root");
  enter(book, root);
  const written = steps.map((step) => writeStep(book, step, (sketch, parent) => node(sketch, parent, newId(sketch))));
  return { name: "random", rule: "as the semantics say", order: "total", tree: root, steps: written };
}

/** Children of a template would share their ids. */
function childless(sketch: Sketch): Sketch {
  return sketch.children === undefined ? sketch : { ...sketch, children: [] };
}

/** Of the settings drawn, those that mean something where the node stands. */
function fitting({ settings, children }: Sketch, parent: CaseNode | undefined): Sketch["settings"] {
  const { restart, significant, start, shutdown, stop, strategy, intensity, period, auto_shutdown, max_children } =
    settings;
  const counts =
    significant === true && parent?.auto_shutdown !== undefined && restart !== undefined && restart !== "permanent";
  // What never stops when asked, and is waited for without end, would be waited for without end.
  const stops = stop?.ignore !== true || shutdown !== "infinity";
  const ordered = strategy !== "dynamic" && strategy !== "simple_one_for_one";
  return {
    ...(children !== undefined && {
      ...(strategy !== undefined && { strategy }),
      ...(intensity !== undefined && { intensity }),
      ...(period !== undefined && { period }),
      ...(auto_shutdown !== undefined && ordered && { auto_shutdown }),
      ...(max_children !== undefined && strategy === "dynamic" && { max_children }),
    }),
    ...(parent !== undefined && {
      ...(restart !== undefined && { restart }),
      ...(shutdown !== undefined && { shutdown }),
      ...(counts && { significant }),
      ...(start !== undefined && { start }),
      ...(stop !== undefined && stops && { stop }),
    }),
  };
}

/** What a step can speak of: everything that was ever mentioned, alive or not. */
interface Book {
  readonly supervisors: Map<string, { readonly node: CaseNode; readonly children: CaseNode[] }>;
  readonly workers: string[];
}

function enter(book: Book, node: CaseNode): void {
  if (!isSupervisor(node)) {
    book.workers.push(node.id);
    return;
  }
  const children = isPool(node) ? [] : [...(node.children ?? [])];
  book.supervisors.set(node.id, { node, children });
  for (const child of children) enter(book, child);
}

function chosen<T>(from: readonly T[], number: number): T | undefined {
  return from[number % Math.max(1, from.length)];
}

function writeStep(
  book: Book,
  step: StepSketch,
  newNode: (sketch: Sketch, parent: CaseNode) => CaseNode,
): SupervisionStep {
  const settle = step.settle ? {} : { settle: false };
  // There is a root at least.
  const { node, children } = chosen([...book.supervisors.values()], step.sup) as {
    readonly node: CaseNode;
    readonly children: CaseNode[];
  };
  const sup = node.id;
  switch (step.do) {
    case "wait":
      return { do: "wait", ms: step.ms };
    case "stop":
      return { do: "stop", reason: step.reason === "kill" ? "shutdown" : step.reason, ...settle };
    case "exit":
      return { do: "exit", id: chosen(book.workers, step.child) ?? "nobody", reason: step.reason, ...settle };
    case "exit_supervisor":
      return { do: "exit", id: sup, reason: step.reason === "kill" ? "normal" : step.reason, ...settle };
    case "kill_supervisor":
      return { do: "exit", id: sup, reason: "kill", ...settle };
    case "start_child": {
      const child = childToStart(step, node, children, newNode);
      if (!children.some(({ id }) => id === child.id)) {
        children.push(child);
        enter(book, child);
      }
      return { do: "start_child", sup, child, ...settle };
    }
    case "terminate_child":
    case "restart_child":
    case "delete_child": {
      const known = step.stranger ? undefined : chosen(children, step.child);
      // A dynamic supervisor has no entries to restart or delete.
      return {
        do: node.strategy === "dynamic" ? "terminate_child" : step.do,
        sup,
        id: known?.id ?? "nobody",
        ...settle,
      };
    }
    default:
      return { do: step.do, sup, ...settle };
  }
}

/** A new child, or at times one of an id that was there before: as it was, so that its id means one thing. */
function childToStart(
  { child: number, sketch }: StepSketch,
  parent: CaseNode,
  children: readonly CaseNode[],
  newNode: (sketch: Sketch, parent: CaseNode) => CaseNode,
): CaseNode {
  const again = number % 3 === 0 ? chosen(children, number / 3) : undefined;
  // Two supervisors of one id at once would have children of one id.
  if (again !== undefined && !(isPool(parent) && isSupervisor(again))) return again;
  if (parent.strategy !== "simple_one_for_one") return newNode(sketch, parent);
  const { id, start, stop } = newNode({ ...sketch, children: undefined }, parent);
  const [template] = parent.children ?? [];
  const type = template?.type === "supervisor" ? { type: template.type } : {};
  const never = stop?.ignore === true && (template?.shutdown === "infinity" || isSupervisor(template ?? { id }));
  return { id, ...type, ...(start !== undefined && { start }), ...(stop !== undefined && !never && { stop }) };
}
