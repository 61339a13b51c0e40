// A simulation, no language model: a program of two predictors, and a model whose answers are right with a chance that is a
// known function of each predictor's instructions and demos. Who optimizes the program is measured by that chance, and not
// by scores, which have luck in them.
import { createHash } from "node:crypto";
import { examples } from "../../../src/evaluate/load-examples.ts";
import type { Example } from "../../../src/evaluate/example.ts";
import { exactMatch } from "../../../src/evaluate/metrics/text-metrics.ts";
import type { LmRequest } from "../../../src/lm/language-model.ts";
import { program } from "../../../src/programs/composed-program.ts";
import { predict } from "../../../src/programs/predict/predict.ts";
import type { Program } from "../../../src/programs/program.ts";
import { signature } from "../../../src/signatures/signature.ts";
import { scripted, type ScriptedModel } from "../../../src/testing/scripted.ts";

export const PREDICTORS = ["find", "respond"] as const;
type Step = (typeof PREDICTORS)[number];

const asked = signature("question -> answer");
const find = predict(signature("question -> hint"));
const respond = predict(signature("question, hint -> answer"));

export const student = program({
  name: "two steps",
  parts: { find, respond },
  async forward(parts, { question }: { question: string }) {
    const { hint } = await parts.find({ question });
    return parts.respond({ question, hint });
  },
});

export const metric = exactMatch("answer");

export interface SimulatedSets {
  readonly trainset: readonly Example<{ question: string }, { answer: string }>[];
  readonly valset: readonly Example<{ question: string }, { answer: string }>[];
}

export function simulatedSets(train: number, val: number): SimulatedSets {
  const rows = Array.from({ length: train + val }, (_, at) => ({ question: `case ${at}`, answer: `answer ${at}` }));
  return { trainset: examples(asked, rows.slice(0, train)), valset: examples(asked, rows.slice(train)) };
}

/** Chances without anything. */
const BARE = 0.45;
/** What an instruction adds, in percent: most that are proposed say little. */
const WAYS = [0, 0, 0, 5, 5, 5, 10, 10, 15, 25] as const;
/** What a demo of a right run adds to its predictor, in percent. */
const SHOWN = [-4, -2, 0, 2, 4, 6, 8] as const;
/** What an instruction adds that goes with a demo: both even, or both odd. */
const FITS = 2;
const MOST = 0.98;

/** The chance that a step is right, with these instructions and with demos of these cases. */
function skill(seed: number, step: Step, instructions: string, cases: readonly number[]): number {
  const way = wayIn(instructions);
  const shown = cases.reduce(
    (sum, each) => sum + pick(SHOWN, seed, step, "demo", each) + (each % 2 === way % 2 ? FITS : 0),
    0,
  );
  return Math.min(MOST, Math.max(0.05, BARE + (way + shown) / 100));
}

/** What was said last counts. */
function wayIn(text: string): number {
  return Number([...text.matchAll(/in way (\d+)/g)].at(-1)?.[1] ?? 0);
}

/** The chance that the whole program is right. */
export function quality(seed: number, candidate: Program<never>): number {
  const predictors = candidate.predictors();
  return PREDICTORS.reduce((chance, step) => {
    const { signature: own, demos } = predictors[step]!;
    return chance * skill(seed, step, own.instructions, casesOf(demos));
  }, 1);
}

/** Demos without a hint show nothing of either step. */
function casesOf(demos: readonly Readonly<Record<string, unknown>>[]): readonly number[] {
  return demos.filter((demo) => "hint" in demo).map(({ question }) => caseIn(String(question)));
}

/** The best that these parts allow: the predictors' chances are each other's business no further. */
export function reachable(
  seed: number,
  instructions: Readonly<Record<string, readonly string[]>>,
  demoSets: Readonly<Record<string, readonly (readonly Readonly<Record<string, unknown>>[])[]>>,
): number {
  return PREDICTORS.reduce((chance, step) => {
    const all = instructions[step]!.flatMap((text) =>
      demoSets[step]!.map((demos) => skill(seed, step, text, casesOf(demos))),
    );
    return chance * Math.max(...all);
  }, 1);
}

/**
 * Answers the program's predictors, proposers and whom is asked for advice: each proposal is a way that its rollout decides on,
 * each advice one that its prompt does.
 */
export function simulatedModel(seed: number): ScriptedModel {
  return scripted((request) => replyTo(seed, request), { identity: `simulated ${seed}` });
}

function replyTo(seed: number, { messages, rolloutId }: LmRequest): Readonly<Record<string, string>> {
  const texts = messages.map(({ content }) => String(content));
  const last = texts.at(-1) ?? "";
  const wanted = /starting with the field `\[\[ ## (\w+) ## \]\]`/.exec(last)?.[1] ?? "";
  if (wanted === "proposed_instruction")
    return {
      proposed_instruction: `Do it in way ${pick(WAYS, seed, "way", rolloutId ?? 0)}, number ${String(rolloutId)}.`,
      ...(last.includes("proposed_prefix") && { proposed_prefix_for_output_field: "Answer:" }),
    };
  if (wanted === "discussion") {
    // Source text, which stands before, hangs on who has compiled it.
    const runs = last.slice(last.indexOf("[[ ## program_inputs ## ]]"));
    const advice = PREDICTORS.map((step) => [step, `Do it in way ${pick(WAYS, seed, "advice", step, runs)}.`] as const);
    return { discussion: "So it is.", module_advice: JSON.stringify(Object.fromEntries(advice)) };
  }
  if (wanted !== "hint" && wanted !== "answer") return { [wanted]: "Something." };
  const step: Step = wanted === "hint" ? "find" : "respond";
  const number = caseIn(last);
  const isKnown = step === "find" || last.includes(`hint ${number}`);
  const system = texts[0] ?? "";
  const demos = texts.slice(1, -1).filter((_, at) => at % 2 === 0);
  // Where the hint is an input, labeled demos lack it.
  const cases = demos.filter((text) => step === "find" || /hint \d/.test(text)).map(caseIn);
  // Seven cases of ten are as hard for all; of the others each prompt, and each rollout, has luck of its own.
  const hard = chance(seed, step, "which", number) < 0.7;
  const own = [system, cases.join(), ...(rolloutId === undefined ? [] : [rolloutId])];
  const luck = hard ? chance(seed, step, number) : chance(seed, step, number, ...own);
  const isRight = isKnown && luck < skill(seed, step, system, cases);
  if (step === "find") return { hint: isRight ? `hint ${number}` : "none" };
  return { answer: isRight ? `answer ${number}` : "nobody knows" };
}

function caseIn(text: string): number {
  return Number(/case (\d+)/.exec(text)?.[1] ?? -1);
}

function pick(from: readonly number[], ...of: readonly (string | number)[]): number {
  return from[Math.floor(chance(...of) * from.length)] ?? 0;
}

function chance(...of: readonly (string | number)[]): number {
  return createHash("sha256").update(of.join("|")).digest().readUInt32BE(0) / 2 ** 32;
}
