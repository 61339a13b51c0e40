/** Client CPU per 1,000 typed, supervised calls, 64 in flight, beside the bare openai package and our transport. */
import { atMost, type BenchReport, cpuMs, interleave } from "./harness.ts";
import { CALLERS, type Caller } from "./parts/callers.ts";
import { inFlight } from "./parts/in-flight.ts";
import { rightAnswer } from "./parts/question.ts";
import { startServer } from "./parts/server-process.ts";

const CALLS = 2_000;
const IN_FLIGHT = 64;

export async function run(): Promise<BenchReport> {
  const server = await startServer();
  const callers = {
    sdk: await CALLERS.sdk(server.baseURL),
    floor: await CALLERS.floor(server.baseURL),
    ours: await CALLERS.ours(server.baseURL),
  };
  const measure = (caller: Caller) => async (): Promise<number> => {
    const spent = await cpuMs(() =>
      inFlight(CALLS, IN_FLIGHT, async (index) => {
        const answer = await caller.call(index);
        if (answer !== rightAnswer(index)) throw new Error(`call ${index} was answered ${answer}`);
      }),
    );
    return (spent / CALLS) * 1_000;
  };
  try {
    const contenders = { sdk: measure(callers.sdk), floor: measure(callers.floor), ours: measure(callers.ours) };
    const { median } = await interleave(contenders, { rounds: 7, warmup: 2 });
    return {
      about:
        `CPU of this process, user and system, per 1,000 calls; ${IN_FLIGHT} in flight, ${CALLS} a round, the server in a ` +
        "process of its own. The bare package sends the question alone; a typed call its whole prompt, and reads the answer",
      rows: [
        { name: "the openai package with its defaults", value: median.sdk, unit: "ms" },
        {
          name: "the openai package on our transport",
          value: median.floor,
          unit: "ms",
          ratio: median.floor / median.sdk,
        },
        atMost("typed, supervised, permits on", median.ours, median.sdk, 0.65, "ms"),
        atMost("the same, beside the package on our transport", median.ours, median.floor, 1, "ms"),
      ],
    };
  } finally {
    for (const caller of Object.values(callers)) await caller.stop();
    server.stop();
  }
}
