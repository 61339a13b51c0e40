import { LmError } from "../../../lm/failure.ts";
import type { ServerlessTraining, Trajectory } from "../../../lm/openai/serverless-training.ts";
import { JobError } from "../../job/job-error.ts";
import type { TrainingLife } from "../../training/training-step.ts";

export interface ArtStep {
  /** The model's id at the server. */
  readonly model: string;
  readonly groups: readonly (readonly Trajectory[])[];
  readonly config: Readonly<Record<string, unknown>>;
  readonly pollMs: number;
  readonly reconcileMs: number;
}

/** The step of the checkpoint that it came to, or why it came to none. */
export type ArtTrained = { readonly step: number } | { readonly failed: string };

/** What a step has noted of how far it is, in order. */
type Note =
  /** The newest checkpoint before it. */
  | { readonly before: number }
  /** It is about to be sent: it may be there. */
  | { readonly sends: true }
  /** The server has turned it down: it is not there. */
  | { readonly refused: true }
  | { readonly job: string };

/**
 * One step of the policy. The protocol has no key by which a request that comes twice is known, so none is sent twice: what may have
 * been sent, and had no answer, is looked for among the checkpoints, which are numbered, and whose last number was noted before.
 *
 * @throws JobError `training_unknown` (rejects) where no checkpoint tells that it was taken: a later life looks again
 */
export async function artStep(server: ServerlessTraining, step: ArtStep, life: TrainingLife): Promise<ArtTrained> {
  // Notes are this step's own.
  const notes = life.notes as readonly Note[];
  const before = find(notes, "before") ?? (await noteBefore(server, step, life));
  const known = find(notes, "job");
  if (known === undefined && mayBeThere(notes)) return reconciled(server, step, before, life);
  const job = known ?? (await sent(server, step, life));
  for (;;) {
    const { state, ...about } = await server.look(job, life.signal);
    if (state === "failed") return { failed: "why" in about ? about.why : "" };
    if (state === "ended") return { step: await server.newestStep(step.model, life.signal) };
    life.tell("said" in about ? about.said : state);
    await life.wait(step.pollMs);
  }
}

function find<Key extends "before" | "job">(
  notes: readonly Note[],
  key: Key,
): Extract<Note, Record<Key, unknown>>[Key] | undefined {
  const note = notes.find((each): each is Extract<Note, Record<Key, unknown>> => key in each);
  return note?.[key];
}

function mayBeThere(notes: readonly Note[]): boolean {
  const last = notes.at(-1);
  return last !== undefined && "sends" in last;
}

async function noteBefore(server: ServerlessTraining, { model }: ArtStep, life: TrainingLife): Promise<number> {
  const before = await server.newestStep(model, life.signal);
  await life.note({ before } satisfies Note);
  return before;
}

async function sent(
  server: ServerlessTraining,
  { model, groups, config }: ArtStep,
  life: TrainingLife,
): Promise<string> {
  await life.note({ sends: true } satisfies Note);
  try {
    const job = await server.train(model, groups, config, life.signal);
    await life.note({ job } satisfies Note);
    return job;
  } catch (thrown) {
    if (thrown instanceof LmError && thrown.status !== undefined && thrown.status < 500)
      await life.note({ refused: true } satisfies Note);
    throw thrown;
  }
}

async function reconciled(
  server: ServerlessTraining,
  { model, pollMs, reconcileMs }: ArtStep,
  before: number,
  life: TrainingLife,
): Promise<ArtTrained> {
  const until = life.clock.now() + reconcileMs;
  for (;;) {
    const newest = await server.newestStep(model, life.signal);
    if (newest > before) return { step: newest };
    if (life.clock.now() >= until) break;
    life.tell(`nobody knows whether the step after ${before} was taken: waiting for its checkpoint`);
    await life.wait(pollMs);
  }
  throw new JobError(
    `artTrainer: a step was sent, its answer was lost, and no checkpoint after step ${before} has come in ${reconcileMs} ms. ` +
      "It is not sent again, since it may have been taken: start the job again to look once more",
    { code: "training_unknown", retryable: false, details: { model, before } },
  );
}
