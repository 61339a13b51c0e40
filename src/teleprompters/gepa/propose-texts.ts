import { jsonAdapter } from "../../adapters/json-adapter.ts";
import type { Adapter } from "../../adapters/adapter.ts";
import { strip } from "../../adapters/values/python-text.ts";
import { LmError } from "../../lm/failure.ts";
import type { Ask } from "../proposer/ask.ts";
import type { ReflectionExample } from "./reflection-examples.ts";
import { type ReflectionInputs, reflectionPredictor, SHORTEN } from "./reflection-prompts.ts";
import { lostPlaceholders, placeholdersOf, type Texts } from "../texts.ts";

/** A text that is to become better, and what there is to learn from. */
export interface TextWanted {
  /** Its path. */
  readonly path: string;
  /** A predictor's instructions, a field's description in it, or a text that the program declares. */
  readonly kind: "instructions" | "description" | "parameter";
  /** What it is, in words for who writes it. Undefined: instructions go without. */
  readonly about: string | undefined;
  readonly current: string;
  /** As the student has it: what is to be filled in there must stay. */
  readonly original: string;
  readonly examples: readonly ReflectionExample[];
  /** All texts of the candidate that it is of. */
  readonly texts: Readonly<Record<string, string>>;
}

/**
 * A writer of better texts of one's own. `ask` makes a prediction on the client that proposes, and counts in the job's budget;
 * what this depends on besides (a clock, a file) would make a resumed job another one. Undefined or empty: nothing is proposed.
 */
export type TextProposer = (wanted: TextWanted, ask: Ask) => Promise<string | undefined> | string | undefined;

/** How the model that proposes is asked. */
export interface ProposerOptions {
  /** In place of the prompt's own words. Default: DSPy's. */
  readonly baseInstructions?: string | undefined;
  /** What else a new text has to be, for every proposal. Default: nothing. */
  readonly additionalInstructions?: string | undefined;
  /**
   * A longer proposal is given back to be shortened, one call more; what is still longer then is none, as in DSPy 3.4.1.
   * Default: no such limit.
   */
  readonly maxChars?: number | undefined;
  /** In which layout. Default `jsonAdapter()`, as in DSPy. */
  readonly adapter?: Adapter | undefined;
}

/** A text longer than this is refused, unless `maxChars` says another limit: each later call would pay for it. */
export const MOST_CHARS = 30_000;

export const PROPOSER_ADAPTER = jsonAdapter();

/** A better text, or why there is none. */
type Proposal = { readonly text: string } | { readonly why: string };

export interface Proposals {
  /** By path; undefined where one of them came to nothing. */
  readonly texts: Texts | undefined;
  /** Why, in words for people. */
  readonly why: string | undefined;
}

/**
 * A better text for each of these, or, where one comes to nothing, none at all.
 * @param inTurn one after another, up to the first that comes to nothing (as DSPy asks); else side by side
 */
export async function proposeTexts(
  ask: Ask,
  wanted: readonly TextWanted[],
  proposer: ProposerOptions | TextProposer,
  inTurn: boolean,
): Promise<Proposals> {
  const made: Proposal[] = [];
  if (!inTurn) made.push(...(await Promise.all(wanted.map((each) => propose(ask, each, proposer)))));
  for (const each of inTurn ? wanted : []) {
    const proposal = await propose(ask, each, proposer);
    made.push(proposal);
    if ("why" in proposal) break;
  }
  const failed = made.find((each) => "why" in each);
  if (failed !== undefined) return { texts: undefined, why: failed.why };
  const texts = made.map((each, place) => [wanted[place]?.path ?? "", "text" in each ? each.text : ""] as const);
  return { texts: Object.fromEntries(texts), why: undefined };
}

async function propose(ask: Ask, wanted: TextWanted, proposer: ProposerOptions | TextProposer): Promise<Proposal> {
  const { path, original } = wanted;
  let text: string;
  try {
    text = typeof proposer === "function" ? await own(proposer, wanted, ask) : await asked(ask, wanted, proposer);
  } catch (thrown) {
    // Of what would befall every other call as well, the job hears by itself.
    if (!(thrown instanceof LmError)) throw thrown;
    return { why: `no proposal for "${path}" could be had (${thrown.code})` };
  }
  if (text === "") return { why: `a proposal for "${path}" was empty` };
  const { maxChars: most = MOST_CHARS } = typeof proposer === "function" ? {} : proposer;
  if (lengthOf(text) > most) return { why: `a proposal for "${path}" had more than ${most} characters` };
  const lost = lostPlaceholders(text, original);
  return lost.length === 0 ? { text } : { why: `a proposal for "${path}" had lost ${lost.join(", ")}` };
}

async function own(proposer: TextProposer, wanted: TextWanted, ask: Ask): Promise<string> {
  return strip((await proposer(wanted, ask)) ?? "");
}

async function asked(ask: Ask, wanted: TextWanted, options: ProposerOptions): Promise<string> {
  const { baseInstructions, maxChars } = options;
  const inputs = inputsFor(wanted, options);
  const { new_instruction: made } = await ask(reflectionPredictor(inputs, baseInstructions), inputs, {});
  const draft = strip(made);
  if (maxChars === undefined || lengthOf(draft) <= maxChars) return draft;
  const limited = { instruction: draft, length_limit: limitText(maxChars) };
  return strip((await ask(SHORTEN, limited, {})).shortened_instruction);
}

/** In characters, as Python counts them. */
function lengthOf(text: string): number {
  return [...text].length;
}

/** What the model that writes is given. */
export function inputsFor(wanted: TextWanted, { additionalInstructions, maxChars }: ProposerOptions): ReflectionInputs {
  const { about, current, original, examples } = wanted;
  const kept = placeholdersOf(original);
  const additional = [
    ...(additionalInstructions === undefined ? [] : [strip(additionalInstructions)]),
    ...(kept.length === 0 ? [] : [`Keep these placeholders as they are, they are filled in later: ${kept.join(", ")}`]),
  ].filter((text) => text !== "");
  return {
    ...(about !== undefined && { what_it_is: about }),
    ...(additional.length > 0 && { additional_instructions: additional.join("\n") }),
    ...(maxChars !== undefined && { length_limit: limitText(maxChars) }),
    current_instruction: current,
    examples_with_feedback: examples.map(({ inputs, outputs, feedback }) => ({
      Inputs: inputs,
      "Generated Outputs": outputs,
      Feedback: feedback,
    })),
  };
}

function limitText(maxChars: number): string {
  return `The new instruction must be at most ${maxChars} characters.`;
}
