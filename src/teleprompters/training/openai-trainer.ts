import { ABOVE_0_MS, checkNumber, optionNames } from "../../foundation/check-options.ts";
import { describe, UsageError } from "../../foundation/errors.ts";
import { LmError } from "../../lm/failure.ts";
import { checkConnection, type OpenAiConnectionOptions } from "../../lm/openai/connection.ts";
import { readEndpoint } from "../../lm/openai/endpoint.ts";
import { type FineTuning, type FineTuningJob, openFineTuning } from "../../lm/openai/fine-tuning.ts";
import { trainingLines } from "../../lm/openai/training-rows.ts";
import type { TrainingLife } from "./training-step.ts";
import type { Trained, Trainer, TrainingJob } from "./trainer.ts";

/** Where it trains: the options of `openai(…)` that are about the connection; `extraBody` is laid over the request for the job. */
export interface OpenAiTrainerOptions extends OpenAiConnectionOptions {
  /** Stands in the name of the new model, as far as the server has a place for it. Default: none. */
  readonly suffix?: string | undefined;
  /** Default: the server's own choice. */
  readonly epochs?: number | undefined;
  readonly batchSize?: number | undefined;
  readonly learningRateMultiplier?: number | undefined;
  /** Default: the server's own. */
  readonly seed?: number | undefined;
  /** Between two looks at the job, in ms. Default 10,000. */
  readonly pollMs?: number | undefined;
}

const POLL_MS = 10_000;

/**
 * Trains by OpenAI's files and fine-tuning jobs, at any server that speaks of them (`baseURL`): uploads the rows, starts a job on
 * the base model, and waits for it, for days if need be. The new model is asked by name, through a client of the same server.
 *
 * Nothing is begun twice: what is about to be sent is noted first, and whether it came is looked up where the answer was lost: the
 * file by its name, which nothing else has, the job by its file. A job of ours that is cancelled cancels the one at the server.
 *
 * The key is read when it trains, and is looked for before a search begins: without one where one is needed it rejects with UsageError.
 *
 * @param model the base model
 * @throws UsageError for options that make no sense
 */
export function openaiTrainer(model: string, options: OpenAiTrainerOptions = {}): Trainer {
  if (typeof model !== "string" || model.trim() === "")
    throw new UsageError(`openaiTrainer: expected the name of a base model, got ${describe(model)}`);
  const what = `openaiTrainer("${model}")`;
  checkConnection(what, options, OPTIONS);
  const { epochs, batchSize, learningRateMultiplier, seed, pollMs = POLL_MS, suffix, baseURL, extraBody } = options;
  checkNumber(what, "pollMs", pollMs, ABOVE_0_MS);
  for (const [name, value] of Object.entries({ epochs, batchSize, learningRateMultiplier }))
    checkNumber(what, name, value, { expected: "a number above 0", holds: (number) => number > 0 });
  checkNumber(what, "seed", seed, { expected: "a whole number", holds: Number.isInteger });
  if (suffix !== undefined && (typeof suffix !== "string" || suffix === ""))
    throw new UsageError(`${what}: suffix must be a text that is not empty, got ${describe(suffix)}`);
  const wished = bodyOf(model, options);
  return Object.freeze({
    kind: "openai",
    version: 1,
    settings: Object.freeze({ baseURL: baseURL ?? null, body: wished, extraBody: extraBody ?? null }),
    check() {
      readEndpoint(what, options, options.env ?? process.env);
    },
    async train(job: TrainingJob, life: TrainingLife): Promise<Trained> {
      const server = openFineTuning(what, model, { ...options, clock: options.clock ?? life.clock });
      try {
        return await trained(server, job, life, { wished: { ...wished, ...extraBody }, pollMs });
      } finally {
        await server.close();
      }
    },
  });
}

const OPTIONS = optionNames<Omit<OpenAiTrainerOptions, keyof OpenAiConnectionOptions>>({
  suffix: true,
  epochs: true,
  batchSize: true,
  learningRateMultiplier: true,
  seed: true,
  pollMs: true,
});

function bodyOf(model: string, options: OpenAiTrainerOptions): Readonly<Record<string, unknown>> {
  const { suffix, seed, epochs, batchSize, learningRateMultiplier } = options;
  const hyperparameters = {
    ...(epochs !== undefined && { n_epochs: epochs }),
    ...(batchSize !== undefined && { batch_size: batchSize }),
    ...(learningRateMultiplier !== undefined && { learning_rate_multiplier: learningRateMultiplier }),
  };
  const isSaid = Object.keys(hyperparameters).length > 0;
  return {
    model,
    ...(suffix !== undefined && { suffix }),
    ...(seed !== undefined && { seed }),
    ...(isSaid && { method: { type: "supervised", supervised: { hyperparameters } } }),
  };
}

/** What a training has noted of how far it is. */
type Note =
  /** It is about to be sent: it may be there. */
  | { readonly sends: "file" | "job" }
  | { readonly file: string }
  | { readonly job: string }
  /** It is about to be cancelled, since nobody waits for it: who goes on wants another one. */
  | { readonly cancels: string };

interface Wishes {
  readonly wished: Readonly<Record<string, unknown>>;
  readonly pollMs: number;
}

async function trained(server: FineTuning, job: TrainingJob, life: TrainingLife, wishes: Wishes): Promise<Trained> {
  try {
    const file = await fileOf(server, job, life);
    const id = await jobIdOn(server, file, life, wishes);
    return await ended(server, id, life, wishes);
  } catch (thrown) {
    if (life.isCancelled) await cancel(server, life);
    throw thrown;
  }
}

/** For a server that says nothing; ms. */
const CANCEL_MS = 10_000;

/** Nobody will ask for the job any more: also where it is not known yet whether it was begun. Whoever waits has waited enough. */
async function cancel(server: FineTuning, life: TrainingLife): Promise<void> {
  const file = noted(life, "file");
  if (file === undefined) return;
  const enough = new AbortController();
  const timer = life.clock.setTimer(CANCEL_MS, () => enough.abort());
  try {
    const known = noted(life, "job");
    const isOver = known === undefined || noted(life, "cancels", known) !== undefined;
    const id = isOver ? (await server.findJob(file, enough.signal))?.id : known;
    if (id === undefined) return;
    // Also where that cannot be kept any more.
    await life.note({ cancels: id } satisfies Note).catch(() => {});
    await server.cancel(id, enough.signal);
  } catch (thrown) {
    if (!(thrown instanceof LmError)) throw thrown;
  } finally {
    life.clock.clearTimer(timer);
  }
}

/** The last one of that kind. Notes are this trainer's own. */
function noted<Key extends string>(life: TrainingLife, key: Key, value?: string): string | undefined {
  const found = (life.notes as readonly Readonly<Record<string, string>>[]).map((note) => note[key]);
  return found.findLast((each) => each !== undefined && (value === undefined || each === value));
}

/** The file that is there already, else one that is uploaded now, having said that it will be: and its id, noted. */
async function fileOf(server: FineTuning, { rows, name }: TrainingJob, life: TrainingLife): Promise<string> {
  const { id, signal } = life;
  const known = noted(life, "file");
  if (known !== undefined) return known;
  const filename = `dspex-${id}.jsonl`;
  const mayBeThere = await isSent(life, "file");
  let file = mayBeThere ? await server.findFile(filename, signal) : undefined;
  if (file === undefined) {
    life.tell(`${rows.length} rows of ${name} go to the server`);
    file = await server.upload(filename, trainingLines(rows), signal);
  }
  await life.note({ file } satisfies Note);
  return file;
}

/** The same for the job on it. One that was cancelled because nobody waited for it counts for nothing, unless it had ended before. */
async function jobIdOn(server: FineTuning, file: string, life: TrainingLife, { wished }: Wishes): Promise<string> {
  const { signal } = life;
  const isGivenUp = ({ id, status }: FineTuningJob): boolean =>
    status === "cancelled" && noted(life, "cancels", id) !== undefined;
  const known = noted(life, "job");
  if (known !== undefined) {
    const isCancelled = noted(life, "cancels", known) !== undefined && isGivenUp(await server.look(known, signal));
    if (!isCancelled) return known;
  }
  const mayBeThere = await isSent(life, "job");
  const found = mayBeThere ? await server.findJob(file, signal) : undefined;
  const { id } =
    found === undefined || isGivenUp(found) ? await server.create({ ...wished, training_file: file }, signal) : found;
  await life.note({ job: id } satisfies Note);
  return id;
}

/** Whether it may have been sent before. From now on it may be. */
async function isSent(life: TrainingLife, kind: "file" | "job"): Promise<boolean> {
  if (noted(life, "sends", kind) !== undefined) return true;
  await life.note({ sends: kind } satisfies Note);
  return false;
}

async function ended(server: FineTuning, id: string, life: TrainingLife, { pollMs }: Wishes): Promise<Trained> {
  let said: string | undefined;
  for (;;) {
    const job = await server.look(id, life.signal);
    const over = outcomeOf(job);
    if (over !== undefined) return over;
    // Not every server has them, and nothing rests on them.
    const event = await server.lastEvent(id, life.signal).catch((thrown: unknown) => {
      if (thrown instanceof LmError) return undefined;
      throw thrown;
    });
    said = event ?? said;
    life.tell(said === undefined ? job.status : `${job.status}, ${said}`);
    await life.wait(pollMs);
  }
}

/** Undefined: it goes on. */
function outcomeOf({ id, status, model, trainedTokens, error }: FineTuningJob): Trained | undefined {
  switch (status) {
    case "succeeded":
      if (model === undefined) return { failed: `job ${id} succeeded, and names no model` };
      return { model, ...(trainedTokens !== undefined && { trainedTokens }) };
    case "failed":
      return { failed: `job ${id} failed${error === undefined ? "" : `: ${error}`}` };
    case "cancelled":
      return { failed: `job ${id} was cancelled` };
    default:
      return undefined;
  }
}
