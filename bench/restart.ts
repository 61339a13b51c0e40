/** From a kill to serving again, under one supervisor with 1, 100 and 10,000 children. */
import { actorName, type CallOf, type Protocol } from "../src/runtime/actor-ref.ts";
import { behaviour } from "../src/runtime/behaviour.ts";
import { createRuntime } from "../src/runtime/runtime.ts";
import type { Runtime } from "../src/runtime/actor.ts";
import { worker } from "../src/supervisors/child-spec.ts";
import { startSupervisor } from "../src/supervisors/supervision.ts";
import { type BenchReport, type BenchRow, type Contender, interleave, median } from "./harness.ts";

const CHILDREN = [1, 100, 10_000] as const;
const KILLS = 300;
const REACH_US = 200;
/** How much slower than with one child the most children may make it, to be called flat. */
const FLAT = 1.5;

interface Service extends Protocol {
  readonly call: CallOf<"ping", "pong">;
  readonly cast: never;
  readonly info: never;
}

const service = behaviour<undefined, undefined, Service>({
  name: "service",
  init: () => ({ state: undefined }),
  handleCall: () => ({ reply: "pong" }),
});

export async function run(): Promise<BenchReport> {
  const runtime = createRuntime({ name: "restart" });
  const contenders: Record<string, Contender> = {};
  for (const children of CHILDREN) {
    await startServices(runtime, children);
    contenders[children] = () => medianUs(runtime, children);
  }
  const medians = await interleave(contenders);
  runtime.dispose();
  const us = (children: number): number => medians.median[children] ?? NaN;
  const rows = CHILDREN.map((children): BenchRow => {
    const reach = { text: `≤ ${REACH_US} µs`, met: us(children) <= REACH_US };
    return { name: `${children.toLocaleString("en")} children`, value: us(children), unit: "µs", reach };
  });
  const [fewest, most] = [us(Math.min(...CHILDREN)), us(Math.max(...CHILDREN))];
  const flat = { text: `≤ ${FLAT} × (flat)`, met: most / fewest <= FLAT };
  rows.push({ name: "most children over one child", value: most, unit: "µs", ratio: most / fewest, reach: flat });
  return {
    about:
      "microseconds from killing a named child (one_for_one) to the first answered call by its name, " +
      `the name looked up once a turn of the event loop; medians of ${KILLS} kills a round`,
    rows,
  };
}

function nameOf(children: number, index: number): string {
  return `service-${children}-${index}`;
}

async function startServices(runtime: Runtime, children: number): Promise<void> {
  const specs = Array.from({ length: children }, (_, index) => {
    const name = nameOf(children, index);
    return worker({ id: name, name, behaviour: service, args: undefined });
  });
  const started = await startSupervisor(runtime, { intensity: 1_000_000, period: 1, children: specs });
  if (started.status !== "ok") throw new Error("the supervisor did not start");
}

async function medianUs(runtime: Runtime, children: number): Promise<number> {
  const samples: number[] = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    // Here and there among its siblings.
    const name = nameOf(children, (kill * 7_919) % children);
    const startedAt = performance.now();
    runtime.exitSignal(actorName(name), "kill");
    while (runtime.whereis(name) === undefined) await nextTurn();
    const answer = await runtime.call(actorName<Service>(name), "ping");
    samples.push((performance.now() - startedAt) * 1_000);
    if (answer !== "pong") throw new Error("a wrong answer");
  }
  return median(samples);
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
