// Random scenarios in the form of recorded ones: sketches with ids, and steps that speak of what is there.
import type * as fc from "fast-check";
import type { CaseNode, SupervisionCase, SupervisionStep } from "../supervision-case.ts";
import {
  type Flaw,
  type ScenarioSketch,
  scenarioSketches,
  type Sketch,
  type SketchOptions,
  type StepSketch,
} from "./random-sketch.ts";
import { OutOfModel } from "./model-world.ts";
import { simulate } from "./simulate-case.ts";
import { isPool, isSupervisor } from "./spec-check.ts";

export type Scenario = Omit<SupervisionCase, "expect">;

export function scenarios(options: SketchOptions): fc.Arbitrary<Scenario> {
  return scenarioSketches(options).map(writeScenario);
}

/** A tree that has ended answers every step in one way. */
const STEPS_AFTER_END = 2;

const PLAIN: Sketch = { settings: {}, children: undefined };

function writeScenario({ tree, steps, flaw }: ScenarioSketch): Scenario {
  let count = 0;
  const newId = (sketch: Sketch): string => `${sketch.children === undefined ? "w" : "s"}${(count += 1)}`;
  /** A node that OTP takes, save for the flaw. */
  const node = (sketch: Sketch, parent: CaseNode | undefined, id: string): CaseNode => {
    const sound = fitting(sketch, parent);
    const settings = flaw?.node === count && suits(flaw, sound) ? { ...sound, ...flaw.with } : sound;
    if (sketch.children === undefined) return { id, type: "worker", ...settings };
    const self: CaseNode = { id, type: "supervisor", ...settings };
    if (self.strategy === "dynamic") return self;
    const template = self.strategy === "simple_one_for_one";
    const sketches = template ? [childless(sketch.children[0] ?? PLAIN)] : sketch.children;
    return { ...self, children: sketches.map((child) => node(child, self, newId(child))) };
  };
  const root = node(tree, undefined, "root");
  const foresight = foresee(root);
  const book: Book = { supervisors: new Map(), workers: [], isAlive: foresight.isAlive };
  enter(book, root);
  const written: SupervisionStep[] = [];
  for (let afterEnd = 0, next = 0; next < steps.length && afterEnd <= STEPS_AFTER_END; next += 1) {
    const step = writeStep(book, steps[next] as StepSketch, (sketch, parent) => node(sketch, parent, newId(sketch)));
    written.push(step);
    foresight.play(step);
    if (!book.isAlive(root.id)) afterEnd += 1;
  }
  return { name: "random", rule: "as the semantics say", order: "total", tree: root, steps: written };
}

/** Wrong options are for supervisors, a wrong automatic shutdown for those that have one. */
function suits({ with: { auto_shutdown, ...wrong } }: Flaw, { strategy }: Sketch["settings"]): boolean {
  if (auto_shutdown !== undefined) return strategy !== undefined && isOrdered(strategy);
  return strategy !== undefined || wrong.restart !== undefined || wrong.shutdown !== undefined;
}

function isOrdered(strategy: string | undefined): boolean {
  return strategy !== "dynamic" && strategy !== "simple_one_for_one";
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
  return {
    ...(children !== undefined && {
      ...(strategy !== undefined && { strategy }),
      ...(intensity !== undefined && { intensity }),
      ...(period !== undefined && { period }),
      ...(auto_shutdown !== undefined && isOrdered(strategy) && { auto_shutdown }),
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

/** The model says what will be alive, so that most steps meet something; where it cannot say, all is taken for alive. */
function foresee(root: CaseNode): { play(step: SupervisionStep): void; isAlive(id: string): boolean } {
  const foreseen = <T>(ask: () => T): T | undefined => {
    try {
      return ask();
    } catch (thrown) {
      if (thrown instanceof OutOfModel) return undefined;
      throw thrown;
    }
  };
  let simulation = foreseen(() => simulate(root));
  return {
    play(step) {
      const was = simulation;
      simulation = foreseen(() => {
        was?.play(step);
        return was;
      });
    },
    isAlive: (id) => simulation?.isAlive(id) ?? true,
  };
}

/** What a step can speak of: everything that was ever mentioned, alive or not. */
interface Book {
  isAlive(id: string): boolean;
  readonly supervisors: Map<string, Supervision>;
  readonly workers: string[];
}

interface Supervision {
  readonly node: CaseNode;
  readonly children: CaseNode[];
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

/** Mostly one for which the step means something; a stranger may be any. */
function fit<T>(from: readonly T[], { stranger, child }: StepSketch, means: (each: T) => boolean): T | undefined {
  const fitting = stranger ? [] : from.filter(means);
  return chosen(fitting.length > 0 ? fitting : from, child);
}

function writeStep(
  book: Book,
  step: StepSketch,
  newNode: (sketch: Sketch, parent: CaseNode) => CaseNode,
): SupervisionStep {
  const settle = step.settle ? {} : { settle: false, ...(step.pause !== undefined && { ms: step.pause }) };
  const all = [...book.supervisors.values()];
  const living = all.filter(({ node }) => book.isAlive(node.id));
  // There is a root at least.
  const { node, children } = chosen(step.stranger || living.length === 0 ? all : living, step.sup) as Supervision;
  const sup = node.id;
  switch (step.do) {
    case "wait":
      return { do: "wait", ms: step.ms };
    case "stop":
      return { do: "stop", reason: step.reason === "kill" ? "shutdown" : step.reason, ...settle };
    case "exit":
      return { do: "exit", id: fit(book.workers, step, book.isAlive) ?? "nobody", reason: step.reason, ...settle };
    case "exit_supervisor":
      return { do: "exit", id: sup, reason: step.reason === "kill" ? "normal" : step.reason, ...settle };
    case "kill_supervisor":
      return { do: "exit", id: sup, reason: "kill", ...settle };
    case "start_child": {
      const child = childToStart(step, node, children, newNode);
      if (!children.some(({ id }) => id === child.id)) {
        children.push(child);
        // What a template's child leaves out, the template says.
        enter(book, node.strategy === "simple_one_for_one" ? { ...node.children?.[0], ...child } : child);
      }
      return { do: "start_child", sup, child, ...settle };
    }
    case "terminate_child":
    case "restart_child":
    case "delete_child": {
      // A dynamic supervisor has no entries to restart or delete.
      const does = node.strategy === "dynamic" ? "terminate_child" : step.do;
      const known = fit(children, step, ({ id }) => book.isAlive(id) === (does === "terminate_child"));
      const id = step.stranger && step.child % 2 === 0 ? undefined : known?.id;
      return { do: does, sup, id: id ?? "nobody", ...settle };
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
