import { join } from "node:path";
import { examples, type ExampleSet, leanAdapter, loadExamples, predict, signature } from "dspex";

const DATA = join(import.meta.dirname, "..", "examples", "small-task");

const Past = signature("verb -> past", {
  name: "PastTense",
  instructions: "Gives the past tense of an English verb.",
});

/** @param most so many examples; default all: 60 to train on, 60 to compare on, 100 to test on */
export async function pastSet(
  name: "train" | "val" | "test",
  most?: number,
): Promise<ExampleSet<{ verb: string }, { past: string }>> {
  const set = await loadExamples(join(DATA, `past_${name}.jsonl`), { signature: Past });
  return most === undefined
    ? set
    : examples(
        Past,
        set.slice(0, most).map(({ inputs, labels }) => ({ ...inputs, ...labels })),
      );
}

/** In the layout for small models: `Past:` is opened for the model, which goes on from there. */
export const pastProgram = predict(Past, { name: "no demos", adapter: leanAdapter() });
