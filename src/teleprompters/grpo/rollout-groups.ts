import type { FieldValues } from "../../adapters/adapter.ts";
import type { AnyExample } from "../../evaluate/example.ts";
import type { Sampled, SeenError, TrialSeen } from "../teleprompter.ts";

/** What a run is worth that came to no score. */
export interface Rewards {
  /** One whose answer could not be read. */
  readonly formatFailure: number;
  /** One that failed otherwise, or whose metric did. */
  readonly failure: number;
}

/** A predictor's call in one of the runs of an example. */
export interface Rollout {
  readonly inputs: FieldValues;
  /** Undefined: none that could be read. */
  readonly outputs: FieldValues | undefined;
  readonly error: SeenError | undefined;
  /** As it was sent and sampled. Undefined: no answer came. */
  readonly sampled: Sampled | undefined;
  /** Of its whole run. */
  readonly reward: number;
  /** How much better than the group, in standard deviations of the group. */
  readonly advantage: number;
  /** What the metric said to this predictor, or else of its run. */
  readonly feedback: string | undefined;
}

/** The same call in all runs of one example, of which not all came out alike. */
export interface RolloutGroup {
  /** The example's id. */
  readonly example: string;
  /** Whose calls these are: a path in `program.predictors()`. */
  readonly predictor: string;
  /** The first call of it in a run is 0. */
  readonly call: number;
  readonly rollouts: readonly Rollout[];
}

const UNREADABLE: ReadonlySet<string> = new Set(["unparsable_output", "cut_off"]);

/** A run's reward: its score, a 0 too, or what is said for what failed. */
export function rewardOf({ score, error, failed }: TrialSeen, { formatFailure, failure }: Rewards): number {
  if (score !== undefined && error === undefined) return score;
  return failed === "program" && error !== undefined && UNREADABLE.has(error.code) ? formatFailure : failure;
}

/**
 * The calls of each of these predictors, by example and by which call of the predictor it is (DSPy's GRPO groups them so):
 * rewards are compared within a group alone, and a group whose runs came out alike says nothing and is left out.
 *
 * @param runs of each example, as many as it was run
 */
export function rolloutGroups(
  examples: readonly AnyExample[],
  runs: readonly (readonly TrialSeen[])[],
  predictors: readonly string[],
  rewards: Rewards,
): readonly RolloutGroup[] {
  return examples.flatMap(({ id }, at) => {
    const seen = runs[at] ?? [];
    const worth = seen.map((run) => rewardOf(run, rewards));
    return predictors.flatMap((predictor) => {
      const calls = seen.map(({ trace = [] }) => trace.filter(({ path }) => path === predictor));
      const most = Math.max(0, ...calls.map((each) => each.length));
      return Array.from({ length: most }, (_, call): RolloutGroup => {
        const there = calls.flatMap((each, run) => (each[call] === undefined ? [] : [{ step: each[call], run }]));
        const advantages = advantagesOf(there.map(({ run }) => worth[run] ?? 0));
        const rollouts = there.map(({ step, run }, place): Rollout => ({
          inputs: step.inputs,
          outputs: step.outputs,
          error: step.error,
          sampled: step.sampled,
          reward: worth[run] ?? 0,
          advantage: advantages[place] ?? 0,
          feedback: feedbackOf(seen[run], predictor),
        }));
        return Object.freeze({ example: id, predictor, call, rollouts: Object.freeze(rollouts) });
      }).filter(({ rollouts }) => rollouts.some(({ advantage }) => advantage !== 0));
    });
  });
}

function feedbackOf(run: TrialSeen | undefined, predictor: string): string | undefined {
  return run?.feedbackFor?.[predictor]?.feedback ?? run?.feedback;
}

/** (reward − mean) / standard deviation, within a group (Shao et al., 2024); all 0 where there is no difference. */
export function advantagesOf(rewards: readonly number[]): readonly number[] {
  const mean = rewards.reduce((sum, each) => sum + each, 0) / rewards.length;
  const deviation = Math.sqrt(rewards.reduce((sum, each) => sum + (each - mean) ** 2, 0) / rewards.length);
  // Rounding is no difference.
  return rewards.map((each) => (deviation < 1e-9 ? 0 : (each - mean) / deviation));
}
