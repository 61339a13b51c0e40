/** Every request refused for two seconds, then none: who is answered, how soon, and with how many requests. */
import { type BenchReport, type BenchRow, median } from "./harness.ts";
import { CALLERS } from "./parts/callers.ts";
import { type FlakySample, measureFlaky } from "./parts/flaky.ts";

const CALLS = 1_000;
const ROUNDS = Number(process.env["WALL_ROUNDS"] ?? 9);
const LATENCY_MS = 50;
const WALL_MS = 2_000;

const TOLD: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "no header": {},
  "retry-after: 1": { "retry-after": "1" },
};
const IN_FLIGHT = [100, 1_000];
/** Both with their defaults. */
const NAMES = ["sdk", "ours"] as const;
type Name = (typeof NAMES)[number];

export async function run(): Promise<BenchReport> {
  const rows: BenchRow[] = [];
  for (const mostInFlight of IN_FLIGHT) {
    for (const [told, headers] of Object.entries(TOLD)) {
      const samples: Record<Name, FlakySample[]> = { sdk: [], ours: [] };
      for (let round = 0; round < ROUNDS; round += 1) {
        for (const name of round % 2 === 0 ? NAMES : NAMES.toReversed()) {
          const server = { latencyMs: LATENCY_MS, wall: { ms: WALL_MS, headers } };
          samples[name].push(await measureFlaky(CALLERS[name], { calls: CALLS, mostInFlight, server }));
        }
      }
      const what = `${mostInFlight.toLocaleString("en")} in flight, ${told}`;
      rows.push(...NAMES.flatMap((name) => rowsOf(name, what, samples[name])));
    }
  }
  return {
    about:
      `${CALLS.toLocaleString("en")} calls, ${LATENCY_MS} ms latency; from the first request on each one is refused (429) for ` +
      `${WALL_MS / 1_000} s, and then none. Medians of ${ROUNDS} rounds, interleaved; of those answered the worst round. ` +
      "Time from when the wall opened to the last call's end",
    rows,
  };
}

function rowsOf(name: Name, what: string, samples: readonly FlakySample[]): BenchRow[] {
  const who = name === "sdk" ? "the openai package" : "ours";
  const answered = Math.min(...samples.map(({ right }) => right));
  const requests = median(samples.map((sample) => sample.requests)) / CALLS;
  const afterMs = median(samples.map(({ wallMs }) => wallMs)) - WALL_MS;
  const row = (part: string, value: number, unit: string, text: string, met: boolean): BenchRow => ({
    name: `${what}: ${who}, ${part}`,
    value,
    unit,
    ...(name === "ours" && { reach: { text, met } }),
  });
  return [
    row("answered", answered, "calls", "all", answered === CALLS),
    row("requests a call", requests, "", "≤ 1.5", requests <= 1.5),
    row("after it opens", afterMs, "ms", "≤ 1,500 ms", afterMs <= 1_500),
  ];
}
