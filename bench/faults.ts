/** 14% of the replies faulty, refusals with Retry-After: how many calls come out right, and how soon, beside the openai package. */
import { type BenchReport, type BenchRow, median } from "./harness.ts";
import { CALLERS } from "./parts/callers.ts";
import { type FlakySample, measureFlaky } from "./parts/flaky.ts";

const CALLS = 1_000;
const IN_FLIGHT = 100;
const ROUNDS = Number(process.env["FAULTS_ROUNDS"] ?? 9);
const LATENCY_MS = 50;
/** Each round takes the next one. */
const SEED = 1;

/** 6% refused, 8% broken. No stall, since how long one takes is only a matter of the deadline. */
const FAULTS = {
  rates: {
    rate_limited: 0.05,
    overloaded: 0.01,
    server_error: 0.04,
    reset_before_headers: 0.01,
    reset_in_body: 0.01,
    cut_json: 0.015,
    off_format: 0.015,
  },
  rateLimitHeaders: { "retry-after": "1" },
  overloadedHeaders: { "retry-after": "1" },
} as const;

/** Both with their defaults: the package retries twice, ours makes 6 attempts at most, and asks twice for what it can read. */
const NAMES = ["sdk", "ours"] as const;
type Name = (typeof NAMES)[number];

export async function run(): Promise<BenchReport> {
  const samples: Record<Name, FlakySample[]> = { sdk: [], ours: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const name of round % 2 === 0 ? NAMES : NAMES.toReversed()) {
      const server = { latencyMs: LATENCY_MS, faults: { ...FAULTS, seed: SEED + round } };
      samples[name].push(await measureFlaky(CALLERS[name], { calls: CALLS, mostInFlight: IN_FLIGHT, server }));
    }
  }
  const of = (name: Name, part: keyof FlakySample): number => median(samples[name].map((sample) => sample[part]));
  const worstOf = (name: Name): number => Math.min(...samples[name].map(({ right }) => right));
  const percent = (value: number): number => (value / CALLS) * 100;
  const ratio = of("ours", "wallMs") / of("sdk", "wallMs");
  const requests = of("ours", "requests") / CALLS;
  return {
    about:
      `${CALLS.toLocaleString("en")} calls, ${IN_FLIGHT} in flight, ${LATENCY_MS} ms latency, medians of ${ROUNDS} rounds, ` +
      "each with its seed; of the replies 5% are 429 and 1% 503, each with retry-after: 1, 4% 500, 2% resets, 1.5% " +
      "JSON cut off, 1.5% text in no layout. Both sides with their defaults",
    rows: [
      { name: "the openai package: right, in the worst round", value: percent(worstOf("sdk")), unit: "%" },
      { name: "the openai package: wall", value: of("sdk", "wallMs"), unit: "ms" },
      { name: "the openai package: requests a call", value: of("sdk", "requests") / CALLS, unit: "" },
      held("ours: right, in the worst round", percent(worstOf("ours")), "%", "100%", worstOf("ours") === CALLS),
      { ...held("ours: wall", of("ours", "wallMs"), "ms", "≤ 1.1 ×", ratio <= 1.1), ratio },
      held("ours: requests a call", requests, "", "≤ 1.25", requests <= 1.25),
    ],
  };
}

function held(name: string, value: number, unit: string, text: string, met: boolean): BenchRow {
  return { name, value, unit, reach: { text, met } };
}
