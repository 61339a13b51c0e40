// A simulation, no language model: a program of two predictors whose texts have to name facts, and a proposer that takes over some of
// those that feedback names, and loses some that were there. Who optimizes it is measured by the facts that it comes to.
import { createHash } from "node:crypto";
import {
  type Example,
  examples,
  gepa,
  type GepaOptions,
  grpo,
  type GrpoOptions,
  type Metric,
  predict,
  program,
  signature,
} from "../../../src/index.ts";
import { scripted, type ScriptedModel } from "../../../src/testing.ts";
import { compile } from "../../../src/teleprompters/job/compile.ts";
import type { Program } from "../../../src/programs/program.ts";
import type { Measured } from "./measure.ts";

type Inputs = { question: string };
type Labels = { answer: string };

const FACTS = 12;
/** Of the facts that feedback names. */
const TAKEN = 0.5;
/** Of those that a text had. */
const LOST = 0.15;
/** What is right without its fact; what is sampled has its own each time. */
const LUCK = 0.1;

const student = program({
  name: "two texts",
  version: 1,
  parts: { find: predict(signature("question -> hint")), respond: predict(signature("question, hint -> answer")) },
  async forward({ find, respond }, { question }: Inputs) {
    const { hint } = await find({ question });
    const { answer } = await respond({ question, hint });
    return { answer };
  },
});

/** Even facts are the first predictor's. */
function placeOf(fact: number): "find" | "respond" {
  return fact % 2 === 0 ? "find" : "respond";
}

function questions(count: number, from: number): readonly Example<Inputs, Labels>[] {
  const rows = Array.from({ length: count }, (_, at) => from + at);
  return examples(
    signature("question -> answer"),
    rows.map((number) => ({ question: `case ${number} wants fact ${number % FACTS}.`, answer: `A${number}` })),
  );
}

const metric: Metric<Inputs, Labels> = Object.assign(
  (({ inputs, labels }, { answer }) => {
    const [fact = -1] = factsIn(inputs.question);
    const isRight = answer === labels.answer;
    const feedbackFor = isRight ? {} : { [placeOf(fact)]: `It lacks fact ${fact}.` };
    return { score: isRight, feedback: isRight ? "Right." : "Wrong.", feedbackFor };
  }) satisfies Metric<Inputs, Labels>,
  { version: 1 },
);

function factsIn(text: string): readonly number[] {
  return [...text.matchAll(/fact (\d+)/g)].map(([, fact]) => Number(fact));
}

function model(seed: number): ScriptedModel {
  return scripted(
    ({ messages, rolloutId }) => {
      const [system = "", last = ""] = [messages[0], messages.at(-1)].map((each) => String(each?.content));
      if (system.includes("`new_instruction`")) return { new_instruction: rewritten(seed, last) };
      if (system.includes("`operations`")) return { operations: lessonsFor(seed, last) };
      const [fact = -1] = factsIn(last);
      const [, number = ""] = /case (\d+)/.exec(last) ?? [];
      const step = system.includes("`answer` (str)") ? "respond" : "find";
      const own = rolloutId === undefined ? [] : [rolloutId];
      const isKnown =
        placeOf(fact) !== step || factsIn(system).includes(fact) || chance(seed, step, number, ...own) < LUCK;
      if (step === "find") return { hint: isKnown ? "good" : "none" };
      return { answer: isKnown && last.includes("good") ? `A${number}` : "?" };
    },
    { identity: `facts ${seed}` },
  );
}

function rewritten(seed: number, prompt: string): string {
  const current = /\[\[ ## current_instruction ## \]\]\n([\s\S]*?)\n\n\[\[ ##/.exec(prompt)?.[1] ?? "";
  const known = factsIn(current);
  const named = factsIn([...prompt.matchAll(/It lacks fact \d+/g)].join()).filter((fact) => !known.includes(fact));
  const kept = known.filter((fact) => chance(seed, "lost", prompt, fact) >= LOST);
  const taken = named.filter((fact) => chance(seed, "taken", prompt, fact) < TAKEN);
  return ["Do it.", ...new Set([...kept, ...taken].map((fact) => `fact ${fact}`))].join(" ");
}

/** Half of the facts that feedback names, and none that is there. */
function lessonsFor(seed: number, prompt: string): readonly object[] {
  const known = factsIn(/\[\[ ## lessons ## \]\]\n([\s\S]*?)\n\n\[\[ ##/.exec(prompt)?.[1] ?? "");
  const named = factsIn([...prompt.matchAll(/It lacks fact \d+/g)].join());
  const taken = [...new Set(named)].filter(
    (fact) => !known.includes(fact) && chance(seed, "taken", prompt, fact) < TAKEN,
  );
  return taken.map((fact) => ({ op: "add", id: null, lesson: `Mind fact ${fact}.` }));
}

function chance(...of: readonly (string | number)[]): number {
  return createHash("sha256").update(of.join("|")).digest().readUInt32BE(0) / 2 ** 32;
}

/** The share of all facts that stand where they are wanted. */
function quality(candidate: Program<never>): number {
  const found = Object.entries(candidate.predictors()).flatMap(([path, { signature: own }]) =>
    factsIn(own.instructions).filter((fact) => placeOf(fact) === path),
  );
  return new Set(found).size / FACTS;
}

export async function measureGepa(
  seed: number,
  options: Pick<GepaOptions<Inputs, Labels>, "maxMetricCalls" | "proposalsInFlight">,
): Promise<Measured> {
  const job = compile(gepa<Inputs, Labels>({ metric, seed, ...options }), student, {
    trainset: questions(36, 0),
    valset: questions(24, 36),
    clients: { main: model(seed) },
  });
  const after = quality(await job.result());
  return { before: quality(student), after, best: 1, lmCalls: job.status().lmCalls };
}

export async function measureGrpo(
  seed: number,
  options: Pick<GrpoOptions<Inputs, Labels>, "numSteps" | "examplesPerStep" | "groupSize">,
): Promise<Measured> {
  const job = compile(grpo<Inputs, Labels>({ metric, seed, ...options }), student, {
    trainset: questions(36, 0),
    valset: questions(24, 36),
    clients: { main: model(seed) },
  });
  const after = quality(await job.result());
  return { before: quality(student), after, best: 1, lmCalls: job.status().lmCalls };
}
