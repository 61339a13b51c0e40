import { type Clock, sleep } from "../../foundation/clock.ts";
import { digest } from "../../foundation/digest.ts";
import { streamOf, systemRandom, uniqueName } from "../../foundation/random.ts";
import type { RetryPolicy } from "../../lm/retry/retry-policy.ts";
import { type AttemptCounter, withRetries } from "../../lm/retry/with-retries.ts";
import type { TrainingStep } from "../training/training-step.ts";
import { NOTHING } from "./allowance.ts";
import { JobError } from "./job-error.ts";
import type { AskDone, AskFacts, AskFound, JobLog } from "./job-log.ts";
import type { TrialLanes } from "./trial-lanes.ts";

export interface TrainingGround {
  readonly clock: Clock;
  readonly retry: RetryPolicy;
  readonly log: JobLog;
  readonly lanes: TrialLanes;
  /** Ends the life in which it is performed. */
  readonly signal: AbortSignal;
  tell(text: string): void;
}

/** Names a training step, so that a later life can be sure that it asks for the same; a new one also so that it is found elsewhere. */
export function trainingFacts({ about, facts }: TrainingStep, found: AskFound | undefined): AskFacts {
  const is = digest(["train", about, facts]).slice(0, 22);
  return { is, about, trials: 0, id: found?.facts.id ?? `${uniqueName()}-${is.slice(0, 8)}` };
}

/**
 * Performs a training step, as often as it takes: a try goes on where the notes of the one before say, whether a request failed or
 * the process was killed. What it came to is recorded.
 *
 * @throws LmError (rejects) the last one, where the policy says that it is enough
 */
export async function performTraining(
  ground: TrainingGround,
  ask: number,
  step: TrainingStep,
  facts: AskFacts,
  found: AskFound | undefined,
): Promise<AskDone> {
  // Undefined has no JSON.
  const came = found?.came ?? { value: (await taken(ground, ask, step, facts, found)) ?? null };
  if (found?.came === undefined) ground.log.came(ask, came.value);
  const { is, about } = facts;
  return Object.freeze({ is, about, seen: Object.freeze([]), spent: NOTHING, most: 0, came: came.value });
}

async function taken(
  { clock, retry, log, lanes, signal, tell }: TrainingGround,
  ask: number,
  step: TrainingStep,
  { id = "" }: AskFacts,
  found: AskFound | undefined,
): Promise<unknown> {
  const notes = [...(found?.notes ?? [])];
  const attempts: AttemptCounter = { made: 0 };
  // A paused job begins none.
  await lanes.enter();
  lanes.leave();
  const { value } = await withRetries(
    () =>
      step.perform({
        id,
        clock,
        signal,
        get notes() {
          return Object.freeze([...notes]);
        },
        async note(said) {
          await log.note(ask, said ?? null);
          notes.push(said ?? null);
        },
        tell,
        async wait(ms) {
          attempts.made = 1;
          await sleep(clock, ms, signal);
        },
        get isCancelled() {
          const why: unknown = signal.reason;
          return why instanceof JobError && why.code === "cancelled";
        },
      }),
    // It may take days.
    { policy: { ...retry, deadlineMs: Infinity }, clock, random: streamOf(systemRandom, "retry"), signal, attempts },
  );
  return value;
}
