// A program of two predictors and a declared text, and a model whose answers are a known function of these three.
import type { LmRequest } from "../../../src/lm/language-model.ts";
import { type Metric, type Program, examples, predict, program, signature } from "../../../src/index.ts";
import { scripted, type ScriptedModel, type ScriptedReply } from "../../../src/testing.ts";

const Find = signature("question -> topic", { instructions: "Find the topic." });
const Respond = signature("question, topic, policy -> answer", { instructions: "Answer." });
const QA = signature("question -> answer");

export const support = program({
  name: "support",
  version: 1,
  parts: { find: predict(Find), respond: predict(Respond) },
  parameters: { policy: "Be quick." },
  async forward({ find, respond }, { question }: { question: string }, { parameters }) {
    const { topic } = await find({ question });
    const { answer } = await respond({ question, topic, policy: parameters.policy });
    return { answer };
  },
});

/** Each question wants one word in one of the texts. */
const WORDS = { find: "PRECISE", respond: "CAREFUL", policy: "KIND" } as const;
type Path = keyof typeof WORDS;
const PATHS = Object.keys(WORDS) as Path[];

export function questions(count: number, from = 0) {
  return examples(
    QA,
    Array.from({ length: count }, (_, at) => {
      const number = from + at;
      return { question: `${PATHS[number % 3]} ${number}?`, answer: `A${number}`, id: `q${number}` };
    }),
  );
}

type QAMetric = Metric<{ question: string }, { answer: string }>;

/** Right or wrong, and to each text what word it lacks. */
export const metric: QAMetric = Object.assign(
  (({ inputs, labels }, prediction) => {
    const score = labels.answer === prediction.answer ? 1 : 0;
    const [path = ""] = inputs.question.split(" ");
    const lacks = `It lacks the word ${WORDS[path as Path]}.`;
    const feedbackFor = score === 1 ? {} : { [path]: lacks };
    return { score, feedback: score === 1 ? "Right." : "Wrong, and not by this.", feedbackFor };
  }) satisfies QAMetric,
  { version: 1 },
);

/** What the proposer makes of a text: it adds each word that feedback names. */
export function better(current: string, prompt: string): string {
  const named = [...prompt.matchAll(/It lacks the word (\w+)/g)].map(([, word]) => word ?? "");
  return [...new Set([current, ...named.filter((word) => !current.includes(word))])].join(" ");
}

export interface WorldOptions {
  /** What comes of a reflection. Default {@link better}. */
  readonly reflect?: (current: string, prompt: string, call: number) => string | Error | Promise<string>;
  /** Before an answer: in how many turns of the event loop it comes. */
  readonly turns?: (call: number) => number;
  readonly task?: (request: LmRequest) => ScriptedReply | undefined;
}

export function world({ reflect = better, turns, task }: WorldOptions = {}): ScriptedModel {
  let [calls, reflections] = [0, 0];
  return scripted(
    async (request) => {
      const { messages } = request;
      calls += 1;
      for (let wait = turns?.(calls) ?? 0; wait > 0; wait -= 1) await new Promise(setImmediate);
      const [system, last] = [messages[0], messages.at(-1)].map((each) => String(each?.content));
      if (system!.includes("`new_instruction`")) {
        reflections += 1;
        const current = /\[\[ ## current_instruction ## \]\]\n([\s\S]*?)\n\n\[\[ ##/.exec(last!)?.[1] ?? "";
        const made = await reflect(current, last!, reflections);
        return made instanceof Error ? made : JSON.stringify({ new_instruction: made });
      }
      const own = task?.(request);
      if (own !== undefined) return own;
      if (system!.includes("`topic` (str)") && !system!.includes("`answer` (str)"))
        return { topic: system!.includes(WORDS.find) ? "precise" : "vague" };
      const [, path = "", number = ""] = /(\w+) (\d+)\?/.exec(last!) ?? [];
      const is: Readonly<Record<string, boolean>> = {
        find: last!.includes("precise"),
        respond: system!.includes(WORDS.respond),
        policy: last!.includes(WORDS.policy),
      };
      return { answer: is[path] ? `A${number}` : "?" };
    },
    { identity: "gepa's world" },
  );
}

export function textsOf(candidate: Program<never>): Readonly<Record<string, string>> {
  const instructions = Object.entries(candidate.predictors()).map(([path, { signature: own }]) => [
    path,
    own.instructions,
  ]);
  const { parameters = {} } = candidate as { readonly parameters?: object };
  return { ...(Object.fromEntries(instructions) as object), ...parameters };
}
