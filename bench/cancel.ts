/** Stopping with 10,000 calls in flight: a client, all callers, the whole system. */
import { client } from "../src/actors/client/client.ts";
import type { Outcome } from "../src/programs/outcome.ts";
import { backoff } from "../src/lm/retry/retry-policy.ts";
import { predict } from "../src/programs/predict/predict.ts";
import { signature } from "../src/signatures/signature.ts";
import { terminateChild, whichChildren } from "../src/supervisors/supervisor-protocol.ts";
import { type RunOptions, startSystem, type System } from "../src/index.ts";
import { type BenchReport, type BenchRow, interleave, median } from "./harness.ts";
import { endedRows } from "./parts/beside-earlier.ts";
import { withBuilds } from "./parts/builds.ts";
import { waitingModel } from "./parts/waiting-model.ts";

const CALLS = 10_000;
const REACH_MS = 300;
/** No answer comes in time: whatever ends a call, it is not the model. */
const NEVER_MS = 600_000;
const START_LIMIT_MS = 60_000;
const CLIENT = "bench";

/** One way to end all calls of a system. */
interface Way {
  readonly name: string;
  /** What every caller must get. */
  readonly code: string;
  /** For the call of this number. */
  readonly options: (call: number) => RunOptions;
  readonly end: (system: System) => unknown;
}

interface Tally {
  /** Most listeners' warnings and others that Node gave. */
  readonly warnings: string[];
  /** Calls that got nothing, or something else. */
  wrong: number;
  /** CPU milliseconds of each way, round by round. */
  readonly cpuMs: Map<string, number[]>;
}

export async function run(): Promise<BenchReport> {
  const tally: Tally = { warnings: [], wrong: 0, cpuMs: new Map() };
  const onWarning = ({ name, message }: Error): void => void tally.warnings.push(`${name}: ${message}`);
  process.on("warning", onWarning);
  const ways = makeWays();
  const { samples } = await interleave(Object.fromEntries(ways.map((way) => [way.name, () => endedMs(way, tally)])));
  // Warnings come a tick after what they warn of.
  await new Promise((resolve) => setImmediate(resolve));
  process.off("warning", onWarning);
  const rows = ways.map(({ name, code }): BenchRow => {
    const value = median(samples[name] ?? []);
    const reach = { text: `≤ ${REACH_MS} ms`, met: value <= REACH_MS };
    return { name: `${name}: all callers have "${code}"`, value, unit: "ms", reach };
  });
  rows.push(
    // On a busy machine the one that says more.
    ...ways.map(({ name }) => ({ name: `${name}: CPU`, value: median(tally.cpuMs.get(name) ?? []), unit: "ms" })),
    none("callers without their one outcome", tally.wrong),
    none(
      `warnings${tally.warnings.length > 0 ? ` (${[...new Set(tally.warnings)].join("; ")})` : ""}`,
      tally.warnings.length,
    ),
  );
  rows.push(...(await withBuilds(endedRows)));
  return {
    about:
      `milliseconds from the word to stop until ${CALLS.toLocaleString("en")} calls of system.forward, all waiting for ` +
      "their model, have their outcome, and what was stopped is gone",
    rows,
  };
}

function makeWays(): Way[] {
  let own: AbortController[] = [];
  let shared = new AbortController();
  // A call that may ask again would wait for the client to come back.
  const retry = backoff({ maxAttempts: 1 });
  return [
    { name: "stop the client", code: "client_down", options: () => ({ retry }), end: stopClient },
    {
      name: "abort each caller's own signal",
      code: "cancelled",
      options: (call) => {
        if (call === 0) own = [];
        const controller = new AbortController();
        own.push(controller);
        return { signal: controller.signal };
      },
      end: () => own.forEach((controller) => controller.abort()),
    },
    {
      name: "abort the one signal of all callers",
      code: "cancelled",
      options: (call) => {
        if (call === 0) shared = new AbortController();
        return { signal: shared.signal };
      },
      end: () => shared.abort(),
    },
    { name: "stop the system", code: "cancelled", options: () => ({}), end: (system) => system.stop() },
  ];
}

async function stopClient({ runtime, root }: System): Promise<void> {
  const groups = await whichChildren(runtime, root);
  const clients = groups.find(({ id }) => id === "clients")?.ref;
  if (clients === undefined) throw new Error("a system without a group of clients");
  // What a supervisor has for children is a ref to any actor; this one is a supervisor.
  await terminateChild(runtime, clients as typeof root, CLIENT);
}

async function endedMs(way: Way, tally: Tally): Promise<number> {
  const lm = waitingModel(NEVER_MS);
  const system = await startSystem({ name: "cancel", logger: false, children: [client({ name: CLIENT, lm })] });
  const program = predict(signature("question -> answer"));
  let right = 0;
  const count = (outcome: Outcome): void => {
    if (!outcome.ok && outcome.error.code === way.code) right += 1;
  };
  const calls = Array.from({ length: CALLS }, (_, call) => {
    const options = { timeoutMs: NEVER_MS, ...way.options(call) };
    return system.tryForward(program, { question: `q${call}` }, options).then(count);
  });
  await allInFlight(system);
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  await way.end(system);
  await Promise.all(calls);
  const took = performance.now() - startedAt;
  const { user, system: kernel } = process.cpuUsage(cpu);
  tally.cpuMs.set(way.name, [...(tally.cpuMs.get(way.name) ?? []), (user + kernel) / 1_000]);
  tally.wrong += CALLS - right;
  await system.stop();
  return took;
}

async function allInFlight(system: System): Promise<void> {
  const startedAt = performance.now();
  for (let count = inFlight(system); count < CALLS; count = inFlight(system)) {
    if (performance.now() - startedAt > START_LIMIT_MS)
      throw new Error(`only ${count} of ${CALLS} calls reached the model`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function inFlight(system: System): number {
  const clients = system.tree().children.find(({ id }) => id === "clients");
  const info = clients?.children.find(({ id }) => id === CLIENT)?.info;
  return Number(info?.["inFlight"] ?? 0);
}

function none(name: string, value: number): BenchRow {
  return { name, value, unit: "", reach: { text: "0", met: value === 0 } };
}
