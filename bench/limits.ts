/** 1,000 calls through a client's limits for requests and for tokens: what the server counts in any second, and what is used. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { client } from "../src/actors/client/client.ts";
import type { ClientLimits } from "../src/actors/client/client-options.ts";
import { openai } from "../src/lm/openai/openai.ts";
import { predict } from "../src/programs/predict/predict.ts";
import { signature } from "../src/signatures/signature.ts";
import { startSystem } from "../src/system.ts";
import type { BenchReport, BenchRow } from "./harness.ts";
import { question, rightAnswer } from "./parts/question.ts";

const CALLS = 1_000;
const REQUESTS_PER_MINUTE = 6_000;
const TOKENS_PER_MINUTE = 900_000;
const SECOND = 1_000;

interface Arrival {
  /** Milliseconds by the server's clock. */
  readonly at: number;
  readonly tokens: number;
}

export async function run(): Promise<BenchReport> {
  const server = fork(new URL("parts/counting-server.ts", import.meta.url), {
    execArgv: ["--conditions=dspex-dev"],
  });
  try {
    const [{ baseURL }] = (await once(server, "message")) as [{ baseURL: string }];
    const measure = async (limits: ClientLimits): Promise<readonly Arrival[]> => {
      await callAll(baseURL, limits);
      const told = once(server, "message");
      server.send("arrivals");
      return ((await told) as [Arrival[]])[0];
    };
    const requests = await measure({ requestsPerMinute: REQUESTS_PER_MINUTE });
    const both = { requestsPerMinute: REQUESTS_PER_MINUTE, tokensPerMinute: TOKENS_PER_MINUTE };
    const tokens = await measure(both);
    return {
      about:
        `${CALLS} calls at once through limits of ${REQUESTS_PER_MINUTE} requests and ${TOKENS_PER_MINUTE} tokens a minute; ` +
        "the server, in a process of its own, notes when each comes and what prompt and answer cost. Used: what came, of a " +
        "share for each second from the first to the last (the first share may come at once, so it can be above 100%)",
      rows: [
        ...rows("requests", requests, REQUESTS_PER_MINUTE / 60, () => 1),
        ...rows("tokens", tokens, TOKENS_PER_MINUTE / 60, ({ tokens: cost }) => cost),
        atMost(
          "requests beside tokens: most in any second",
          most(tokens, () => 1),
          REQUESTS_PER_MINUTE / 60,
          "requests",
        ),
      ],
    };
  } finally {
    server.kill();
  }
}

async function callAll(baseURL: string, limits: ClientLimits): Promise<void> {
  const system = await startSystem({
    logger: false,
    cache: false,
    children: [client({ name: "main", lm: openai("bench", { baseURL, apiKey: "none" }), limits })],
  });
  const program = predict(signature("question -> answer"), { config: { maxTokens: 50 } });
  const calls = Array.from({ length: CALLS }, async (_, index) => {
    const { answer } = await system.forward(program, { question: question(index) });
    if (answer !== rightAnswer(index)) throw new Error(`call ${index} was answered ${answer}`);
  });
  await Promise.all(calls);
  await system.stop();
}

function rows(
  unit: string,
  arrivals: readonly Arrival[],
  share: number,
  amount: (arrival: Arrival) => number,
): BenchRow[] {
  const seconds = ((arrivals.at(-1)?.at ?? 0) - (arrivals[0]?.at ?? 0)) / SECOND;
  const sent = arrivals.reduce((sum, arrival) => sum + amount(arrival), 0);
  const used = (100 * sent) / (share * seconds);
  return [
    atMost(`${unit}: most in any second`, most(arrivals, amount), share, unit),
    { name: `${unit}: used`, value: used, unit: "%", reach: { text: "≥ 95%", met: used >= 95 } },
    { name: `${unit}: from the first to the last`, value: seconds, unit: "s" },
  ];
}

/** The most that any second holds. */
function most(arrivals: readonly Arrival[], amount: (arrival: Arrival) => number): number {
  let [highest, sum, oldest] = [0, 0, 0];
  for (const arrival of arrivals) {
    sum += amount(arrival);
    for (
      let first = arrivals[oldest];
      first !== undefined && first.at <= arrival.at - SECOND;
      first = arrivals[oldest]
    ) {
      sum -= amount(first);
      oldest += 1;
    }
    highest = Math.max(highest, sum);
  }
  return highest;
}

function atMost(name: string, value: number, limit: number, unit: string): BenchRow {
  return { name, value, unit, reach: { text: `≤ ${limit.toLocaleString("en")}`, met: value <= limit } };
}
