// What random scenarios are drawn from, before anything has a name: trees up to three supervisors deep, and steps.
import * as fc from "fast-check";
import type { TraceReason } from "../actor-case.ts";
import type { CaseNode } from "../supervision-case.ts";

/** A whole scenario, to be written out as a case. */
export interface ScenarioSketch {
  readonly tree: Sketch;
  readonly steps: readonly StepSketch[];
  readonly flaw: Flaw | undefined;
}

export interface SketchOptions {
  /** Many kills of supervisors, and steps that are not waited for. */
  readonly chaos: boolean;
}

/** A node before it has an id. Shrinking works on this: what is dropped leaves the rest in place. */
export interface Sketch {
  readonly settings: Omit<CaseNode, "id" | "children" | "type">;
  readonly children: readonly Sketch[] | undefined;
}

/** A step before it knows what it speaks of: numbers choose, whatever there is to choose from. */
export interface StepSketch {
  readonly do: string;
  readonly reason: TraceReason;
  readonly ms: number;
  readonly sup: number;
  readonly child: number;
  readonly stranger: boolean;
  readonly settle: boolean;
  /** How long to go on after a step that is not waited for: undefined is not even one turn of the event loop. */
  readonly pause: number | undefined;
  readonly sketch: Sketch;
}

const REASONS: readonly TraceReason[] = ["crash", "normal", "shutdown", { shutdown: "done" }, "kill"];
/** Sums of these stay clear of the second in which OTP may or may not still count a restart. */
const WAITS: readonly number[] = [5, 2_400, 9_600];
const PERIODS: readonly number[] = [1, 3, 5];
const RESTARTS: readonly string[] = ["permanent", "transient", "temporary"];

export function scenarioSketches({ chaos }: SketchOptions): fc.Arbitrary<ScenarioSketch> {
  return fc.record({
    tree: supervisor(2),
    steps: fc.array(stepSketch(chaos), { minLength: 1, maxLength: 14 }),
    flaw: weighted<Flaw | undefined>([40, fc.constant(undefined)], [1, flaw()]),
  });
}

function weighted<T>(...choices: readonly (readonly [weight: number, arbitrary: fc.Arbitrary<T>])[]): fc.Arbitrary<T> {
  return fc.oneof(...choices.map(([weight, arbitrary]) => ({ weight, arbitrary })));
}

/** Mostly left out, as people do. */
function sometimes<T>(arbitrary: fc.Arbitrary<T>, leftOut = 2): fc.Arbitrary<T | undefined> {
  return weighted<T | undefined>([leftOut, fc.constant(undefined)], [1, arbitrary]);
}

const childSettings = {
  restart: weighted<string | undefined>([2, fc.constant(undefined)], [3, fc.constantFrom(...RESTARTS)]),
  significant: sometimes(fc.constant(true)),
  start: sometimes(
    weighted<NonNullable<CaseNode["start"]>>(
      [6, fc.record({ fail_on: laterAttempts() })],
      [6, fc.record({ ignore_on: laterAttempts() })],
      [2, fc.record({ delay_ms: fc.constantFrom({ "1": 20 }, { "2": 20 }) })],
      [1, fc.constantFrom({ fail_on: [1] }, { ignore_on: [1] }, { ignore_on: [1, 2], fail_on: [3] })],
    ),
    3,
  ),
};

function laterAttempts(): fc.Arbitrary<number[]> {
  return fc.uniqueArray(fc.integer({ min: 2, max: 6 }), { minLength: 1, maxLength: 3 });
}

function worker(): fc.Arbitrary<Sketch> {
  const settings = fc.record({
    ...childSettings,
    shutdown: sometimes(fc.constantFrom<NonNullable<CaseNode["shutdown"]>[]>("brutal_kill", 0, 25, 5_000, "infinity")),
    stop: sometimes(
      fc.constantFrom<NonNullable<CaseNode["stop"]>[]>(
        { reason: "crash" },
        { reason: "normal" },
        { delay_ms: 15 },
        { delay_ms: 35, reason: "crash" },
        { ignore: true },
      ),
      4,
    ),
  });
  return settings.map((settings) => ({ settings: defined(settings), children: undefined }));
}

function supervisor(levelsBelow: number): fc.Arbitrary<Sketch> {
  const settings = fc.record({
    ...childSettings,
    // Killed supervisors leave no order to compare: seldom.
    shutdown: sometimes(
      weighted<CaseNode["shutdown"]>(
        [4, fc.constantFrom<NonNullable<CaseNode["shutdown"]>[]>(5_000, "infinity")],
        [1, fc.constant<CaseNode["shutdown"]>("brutal_kill")],
      ),
      5,
    ),
    strategy: weighted<string>(
      [2, fc.constant("one_for_one")],
      [6, fc.constantFrom("one_for_all", "rest_for_one")],
      [2, fc.constantFrom("simple_one_for_one", "dynamic")],
    ),
    intensity: weighted<number | undefined>([1, fc.constant(undefined)], [5, fc.constantFrom(0, 1, 2, 3, 5, 8)]),
    period: sometimes(fc.constantFrom(...PERIODS)),
    auto_shutdown: sometimes(fc.constantFrom("any_significant", "all_significant")),
    max_children: sometimes(fc.integer({ min: 0, max: 3 })),
  });
  const child = levelsBelow === 0 ? worker() : weighted<Sketch>([3, worker()], [1, supervisor(levelsBelow - 1)]);
  return fc
    .record({
      settings,
      children: weighted<Sketch[]>([1, fc.constant([])], [12, fc.array(child, { minLength: 1, maxLength: 4 })]),
    })
    .map(({ settings, children }) => ({ settings: defined(settings), children }));
}

function stepSketch(chaos: boolean): fc.Arbitrary<StepSketch> {
  const does = weighted<string>(
    [8, fc.constant("exit")],
    [4, fc.constant("start_child")],
    [6, fc.constantFrom("terminate_child", "terminate_child", "restart_child", "delete_child")],
    [2, fc.constantFrom("which_children", "count_children", "wait", "exit_supervisor")],
    [chaos ? 2 : 1, fc.constant("kill_supervisor")],
  );
  return fc.record({
    do: weighted<string>([40, does], [1, fc.constant("stop")]),
    reason: weighted<TraceReason>([2, fc.constant("crash")], [3, fc.constantFrom(...REASONS)]),
    ms: fc.constantFrom(...WAITS),
    sup: fc.nat({ max: 23 }),
    child: fc.nat({ max: 23 }),
    stranger: weighted<boolean>([12, fc.constant(false)], [1, fc.constant(true)]),
    settle: chaos ? fc.boolean() : fc.constant(true),
    pause: chaos ? fc.constantFrom(undefined, 0, 10) : fc.constant(undefined),
    sketch: weighted<Sketch>([4, worker()], [1, supervisor(0)]),
  });
}

/** One thing that OTP refuses. */
export interface Flaw {
  readonly node: number;
  readonly with: Partial<CaseNode>;
}

function flaw(): fc.Arbitrary<Flaw> {
  return fc.record({
    node: fc.nat({ max: 11 }),
    with: fc.constantFrom<Partial<CaseNode>[]>(
      { restart: "sometimes" },
      { shutdown: -1 },
      { significant: true, restart: "permanent" },
      { strategy: "all_for_one" },
      { intensity: -1 },
      { period: 0 },
      { auto_shutdown: "always" },
    ),
  });
}

function defined<T extends object>(settings: T): Sketch["settings"] {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}
