import { checkNumber, checkOptions, optionNames, WHOLE_FROM_0 } from "../../foundation/check-options.ts";
import { describe, UsageError } from "../../foundation/errors.ts";
import type { EmbedderSpec } from "../../lm/embedder.ts";
import type { Embed } from "../../retrieval/embedding-index.ts";
import type { Search, WrappingTeleprompter } from "../teleprompter.ts";
import { noteUnusedWarmStart } from "../unused-warm-start.ts";
import { checkTeacherFits } from "./bootstrap.ts";
import {
  askedBesides,
  BOOTSTRAP_OPTIONS,
  type BootstrapOptions,
  bootstrapRules,
  bootstrapSettings,
} from "./bootstrap-options.ts";
import { nearestDemos } from "./nearest-demos.ts";

export interface KnnFewShotOptions<
  Inputs extends object = object,
  Labels extends object = object,
  Outputs extends object = Labels,
> extends BootstrapOptions<Inputs, Labels, Outputs> {
  /** How many examples a call learns from; 0 is none, more than there are is all. */
  readonly k: number;
  /**
   * Turns texts into vectors; those with the greatest dot product are the nearest. `openaiEmbedder("text-embedding-3-small")`,
   * which is opened for a call and closed after it; or a function. A text is the inputs as `name: value`, joined by ` | `.
   */
  readonly embed: Embed | EmbedderSpec;
}

const OWN = optionNames<Omit<KnnFewShotOptions, keyof BootstrapOptions>>({ k: true, embed: true });

/**
 * Gives each call demos of its own: DSPy's `KNNFewShot`. The result is a program that, when it is called, looks for the k
 * examples of the trainset that are nearest to its inputs, bootstraps demos on them (see `bootstrapFewShot`), and then asks
 * with these.
 *
 * So compiling asks nobody, and each call takes up to k runs of the teacher more. A job saves the student's predictors: to have
 * the program again, load them and compile once more.
 *
 * A call fails with JobError `too_many_errors` at the `maxErrors`-th failed run of its teacher, and with what `embed` fails with.
 *
 * @throws UsageError for options that make no sense
 */
export function knnFewShot<
  Inputs extends object = object,
  Labels extends object = object,
  Outputs extends object = Labels,
>(options: KnnFewShotOptions<Inputs, Labels, Outputs>): WrappingTeleprompter<Inputs, Labels, Outputs> {
  const what = "knnFewShot";
  checkOptions(what, options, [...BOOTSTRAP_OPTIONS, ...OWN]);
  const rules = bootstrapRules(what, options);
  const { k, embed } = options;
  if (k === undefined) throw new UsageError(`${what}: k is missing: how many examples a call learns from`);
  checkNumber(what, "k", k, WHOLE_FROM_0);
  if (typeof embed !== "function" && embed?.kind !== "embedder")
    throw new UsageError(
      `${what}: embed must be a function or one such as openaiEmbedder("text-embedding-3-small"), got ${describe(embed)}`,
    );
  return Object.freeze({
    kind: what,
    wraps: true as const,
    version: 1,
    settings: { ...bootstrapSettings(rules), k, embed },
    metric: options.metric,
    ...askedBesides(rules),
    async search(search: Search) {
      const { student, trainset, note } = search;
      checkTeacherFits(student, rules);
      noteUnusedWarmStart(search, what);
      note(
        "the result holds its trainset and embed, which no file has: a file has the predictors alone. To have it again, compile " +
          "knnFewShot with the same trainset, and load the file into the result",
      );
      return nearestDemos(student, trainset, { ...rules, k, embed });
    },
    plan: () => ({ trials: 0, proposals: [] }),
  });
}
