// A model that knows some answers, and sets of questions for it.
import type { ScriptedModel } from "../../../src/testing.ts";
import { examples, predict, signature } from "../../../src/index.ts";
import { scripted } from "../../../src/testing.ts";

export const QA = signature("question -> answer");
export const qa = predict(QA, { onUnparsable: "fail" });

/** `q1?` with the answer `A1`, and so on. */
export function questions(count: number, from = 1) {
  const numbers = Array.from({ length: count }, (_, at) => from + at);
  return examples(
    QA,
    numbers.map((number) => ({ question: `q${number}?`, answer: `A${number}`, id: `e${number}` })),
  );
}

/** What is asked in the last message. */
export interface Question {
  readonly number: number;
  /** Messages between the system's and the last one. */
  readonly demos: number;
  readonly text: string;
}

/** @param knows whether it answers right; an error is what the request fails with */
export function answering(knows: (question: Question) => boolean | Error): ScriptedModel {
  return scripted(
    ({ messages }) => {
      const text = String(messages.at(-1)?.content);
      const number = Number(/q(\d+)\?/.exec(text)?.[1]);
      const came = knows({
        number,
        demos: messages.length - 2,
        text: messages.map(({ content }) => String(content)).join("\n"),
      });
      if (came instanceof Error) return came;
      return { answer: came ? `A${number}` : "?" };
    },
    { identity: "answering" },
  );
}
