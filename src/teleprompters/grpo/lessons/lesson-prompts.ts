import { z } from "zod";
import { predict } from "../../../programs/predict/predict.ts";
import { signature } from "../../../signatures/signature.ts";
import type { FieldValues } from "../../../adapters/adapter.ts";
import { valueText } from "../../proposer/value-text.ts";
import type { Rollout, RolloutGroup } from "../rollout-groups.ts";
import type { Library } from "./library.ts";

const operation = z.object({
  op: z.enum(["add", "update", "delete"]),
  id: z.number().int().nullable().default(null).describe("The number of the lesson to update or delete."),
  lesson: z.string().nullable().default(null).describe("The new lesson, in at most two sentences."),
});

/** Compares the attempts of one group: the semantic advantage of training-free GRPO (arXiv 2510.08191), as operations on a library. */
export const COMPARE_ATTEMPTS = predict(
  signature({
    name: "CompareAttempts",
    instructions:
      "Several attempts at the same task came out differently. Find out what the better ones did that the worse ones did not, and say which " +
      "changes to the list of lessons would make every attempt as good as the best. A lesson is general advice for tasks of this kind: it " +
      "names no case of its own. Add, update or delete as few lessons as will do; no operations if the attempts teach nothing new.",
    input: z.object({
      task: z.string().describe("What whoever attempts it is told."),
      lessons: z.string().describe("What earlier attempts have taught, by number."),
      room: z.number().int().describe("How many lessons may be added."),
      attempts: z.string().describe("The attempts with their rewards, best first."),
    }),
    output: z.object({ operations: z.array(operation) }),
  }),
  { onUnparsable: "fail" },
);

export function lessonsText({ lessons }: Library): string {
  return lessons.length === 0 ? "None yet." : lessons.map(({ id, text }) => `[${id}] ${text}`).join("\n");
}

/** Best first, of equals in the order of their runs; inputs once where all have the same. */
export function attemptsText({ rollouts }: RolloutGroup): string {
  const [first] = rollouts;
  const same = first !== undefined && rollouts.every(({ inputs }) => fieldsText(inputs) === fieldsText(first.inputs));
  const sorted = rollouts.toSorted((a, b) => b.reward - a.reward);
  const shared = same ? `Inputs of all attempts:\n${fieldsText(first.inputs)}\n\n` : "";
  return shared + sorted.map((each, at) => attemptText(each, at + 1, same)).join("\n\n");
}

function attemptText(
  { inputs, outputs, error, sampled, reward, feedback }: Rollout,
  number: number,
  same: boolean,
): string {
  const given = outputs === undefined ? (sampled?.text ?? "nothing") : fieldsText(outputs);
  return [
    `Attempt ${number}, reward ${reward}:`,
    ...(same ? [] : [fieldsText(inputs)]),
    `It gave: ${given}`,
    ...(error === undefined ? [] : [`It failed: ${error.message}`]),
    ...(feedback === undefined ? [] : [`What was said of it: ${feedback}`]),
  ].join("\n");
}

function fieldsText(values: FieldValues): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}: ${valueText(value)}`)
    .join("\n");
}
