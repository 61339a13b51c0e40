// The soak's load: callers that ask by name, again and again, and keep count of what became of each call.
import { behaviour, ExitError, formatReason, startChild, worker, type Random, type Runtime } from "dspex";
import { JOBS } from "./tree.ts";
import { rightAnswer, type Way, workerName } from "./worker.ts";

export interface Tally {
  made: number;
  right: number;
  wrong: number;
  /** Failed as calls fail, with a reason. */
  failed: number;
  readonly reasons: Map<string, number>;
  /** Failed in any other way. */
  readonly strange: unknown[];
}

const WAYS: readonly (Way | "job")[] = ["now", "now", "now", "wait", "later", "task", "neighbour", "job"];
const TIMEOUT_MS = 1_000;

/** A worker of one call, under the dynamic supervisor: it gives its answer and ends, well or badly. */
const job = behaviour<{ readonly value: number; readonly deliver: (answer: number) => void }, undefined>({
  name: "job",
  init: (args) => ({ state: undefined, continue: args }),
  async handleContinue(_state, message, self) {
    // What `init` asked to go on with.
    const { value, deliver } = message as { readonly value: number; readonly deliver: (answer: number) => void };
    await self.sleep(1);
    if (value % 10 === 0) throw new Error("this job went wrong");
    deliver(rightAnswer(value));
    return { stop: "normal" };
  },
});

export function emptyTally(): Tally {
  return { made: 0, right: 0, wrong: 0, failed: 0, reasons: new Map(), strange: [] };
}

/** Asks, counts, pauses, until it is over. Resolves when its last call is answered. */
export async function caller(runtime: Runtime, tally: Tally, actors: number, random: Random, over: () => boolean) {
  const below = (limit: number): number => Math.floor(random.next() * limit);
  while (!over()) {
    const value = below(1_000_000);
    const way = WAYS[below(WAYS.length)] ?? "now";
    tally.made += 1;
    try {
      const answer =
        way === "job"
          ? await startJob(runtime, value)
          : await runtime.call(workerName(below(actors)), { value, way }, { timeoutMs: TIMEOUT_MS });
      if (answer === rightAnswer(value)) tally.right += 1;
      else tally.wrong += 1;
    } catch (thrown) {
      if (thrown instanceof ExitError) {
        tally.failed += 1;
        const reason = formatReason(thrown.reason);
        tally.reasons.set(reason, (tally.reasons.get(reason) ?? 0) + 1);
      } else tally.strange.push(thrown);
    }
    const pauseMs = 5 + below(10);
    await new Promise((resolve) => {
      setTimeout(resolve, pauseMs);
    });
  }
}

async function startJob(runtime: Runtime, value: number): Promise<number> {
  let answer: number | undefined;
  const args = { value, deliver: (given: number) => void (answer = given) };
  const started = await startChild(runtime, JOBS, worker({ id: "job", behaviour: job, args, restart: "temporary" }));
  if (started.status !== "ok") throw new ExitError(started.status === "error" ? started.reason : "ignore", "call");
  const reason = await runtime.whenDown(started.ref);
  if (answer === undefined) throw new ExitError(reason ?? "timeout", "call");
  return answer;
}
