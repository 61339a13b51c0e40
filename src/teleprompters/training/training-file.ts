import { mkdir } from "node:fs/promises";
import { dirname, extname, resolve } from "node:path";
import { asError, describe, UsageError } from "../../foundation/errors.ts";
import { StoreError } from "../../foundation/store-error.ts";
import { writeWhole } from "../../foundation/write-whole.ts";
import { trainingLines } from "../../lm/openai/training-rows.ts";
import type { Trained, Trainer, TrainingJob } from "./trainer.ts";

/**
 * A trainer that trains nothing: it writes the rows to a file, in the layout of OpenAI's chat fine-tuning (a conversation a line), to
 * be read, or trained on by other means. Mode 0600: rows hold what examples and models say. Where there is a job for each
 * predictor, its path stands in the name: `rows.respond.jsonl`.
 *
 * `train` rejects with StoreError where the file cannot be written.
 *
 * @throws UsageError for no path
 */
export function trainingFile(path: string): Trainer {
  if (typeof path !== "string" || path === "")
    throw new UsageError(`trainingFile: expected the path of a file, got ${describe(path)}`);
  // The process may go elsewhere meanwhile.
  const whole = resolve(path);
  return Object.freeze({
    kind: "file",
    version: 1,
    settings: Object.freeze({ path: whole }),
    trains: false,
    async train({ name, rows }: TrainingJob): Promise<Trained> {
      const target = name === ALL ? whole : named(whole, name);
      try {
        await mkdir(dirname(target), { recursive: true });
        await writeWhole(target, trainingLines(rows), 0o600);
      } catch (thrown) {
        const cause = asError(thrown);
        const message = `the rows cannot be written to ${target}: ${cause.message}`;
        throw new StoreError(message, { code: "write_failed", retryable: true, details: { path: target }, cause });
      }
      return {};
    },
  });
}

/** The name of a job with the rows of all predictors. */
export const ALL = "all";

function named(path: string, name: string): string {
  const ending = extname(path);
  return `${path.slice(0, path.length - ending.length)}.${name.replaceAll(/[^\w.-]/g, "_")}${ending}`;
}
