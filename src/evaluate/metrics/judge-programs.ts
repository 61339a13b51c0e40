import { program } from "../../programs/composed-program.ts";
import { chainOfThought } from "../../programs/modules/chain-of-thought.ts";
import type { Program } from "../../programs/program.ts";
import { signature } from "../../signatures/signature.ts";

/** What a judge is shown. */
export interface JudgedAnswer {
  readonly question: string;
  readonly ground_truth: string;
  readonly system_response: string;
}

/** With the passages that the system found, as text. */
export interface RetrievedAnswer extends JudgedAnswer {
  readonly retrieved_context: string;
}

/** Shares from 0 to 1, as the model says them. */
export interface SemanticVerdict {
  readonly recall: number;
  readonly precision: number;
  readonly reasoning?: string;
  readonly discussion?: string;
}

/** Shares from 0 to 1, as the model says them. */
export interface CompletenessVerdict {
  readonly completeness: number;
  readonly groundedness: number;
  readonly discussion: string;
}

/** The prompts are DSPy's (dspy/evaluate/auto_evaluation.py). */

const COVERED = "fraction (out of 1.0) of ground truth covered by the system response";
const IN_TRUTH = "fraction (out of 1.0) of system response covered by the ground truth";
const TRUTH_IDEAS = "enumeration of key ideas in the ground truth";
const RESPONSE_IDEAS = "enumeration of key ideas in the system response";
const OVERLAP = "discussion of the overlap between ground truth and system response";

const SEMANTIC = signature("question, ground_truth, system_response -> recall: float, precision: float", {
  name: "SemanticRecallPrecision",
  instructions: `Compare a system's response to the ground truth to compute its recall and precision.
If asked to reason, enumerate key ideas in each response, and whether they are present in the other response.`,
  fields: { recall: { desc: COVERED }, precision: { desc: IN_TRUTH } },
});

const DECOMPOSITIONAL = signature(
  "question, ground_truth, system_response -> ground_truth_key_ideas, system_response_key_ideas, discussion, recall: float, precision: float",
  {
    name: "DecompositionalSemanticRecallPrecision",
    instructions: `Compare a system's response to the ground truth to compute recall and precision of key ideas.
You will first enumerate key ideas in each response, discuss their overlap, and then report recall and precision.`,
    fields: {
      ground_truth_key_ideas: { desc: TRUTH_IDEAS },
      system_response_key_ideas: { desc: RESPONSE_IDEAS },
      discussion: { desc: OVERLAP },
      recall: { desc: COVERED },
      precision: { desc: IN_TRUTH },
    },
  },
);

const COMPLETENESS = signature(
  "question, ground_truth, system_response -> ground_truth_key_ideas, system_response_key_ideas, discussion, completeness: float",
  {
    name: "AnswerCompleteness",
    instructions: `Estimate the completeness of a system's responses, against the ground truth.
You will first enumerate key ideas in each response, discuss their overlap, and then report completeness.`,
    fields: {
      ground_truth_key_ideas: { desc: TRUTH_IDEAS },
      system_response_key_ideas: { desc: RESPONSE_IDEAS },
      discussion: { desc: OVERLAP },
      completeness: { desc: COVERED },
    },
  },
);

const GROUNDEDNESS = signature(
  "question, retrieved_context, system_response -> system_response_claims, discussion, groundedness: float",
  {
    name: "AnswerGroundedness",
    instructions: `Estimate the groundedness of a system's responses, against real retrieved documents written by people.
You will first enumerate whatever non-trivial or check-worthy claims are made in the system response, and then
discuss the extent to which some or all of them can be deduced from the retrieved context and basic commonsense.`,
    fields: {
      system_response_claims: { desc: "enumeration of non-trivial or check-worthy claims in the system response" },
      discussion: { desc: "discussion of how supported the claims are by the retrieved context" },
      groundedness: { desc: "fraction (out of 1.0) of system response supported by the retrieved context" },
    },
  },
);

/** Compares a response with the right one. */
export function semanticJudge(
  decompositional: boolean,
  client: string | undefined,
): Program<JudgedAnswer, SemanticVerdict> {
  return decompositional ? chainOfThought(DECOMPOSITIONAL, { client }) : chainOfThought(SEMANTIC, { client });
}

/** Asks both questions at once. */
export function completenessJudge(client: string | undefined): Program<RetrievedAnswer, CompletenessVerdict> {
  return program({
    name: "CompleteAndGrounded",
    version: 1,
    parts: {
      completeness: chainOfThought(COMPLETENESS, { client }),
      groundedness: chainOfThought(GROUNDEDNESS, { client }),
    },
    async forward(judges, { question, ground_truth, system_response, retrieved_context }: RetrievedAnswer) {
      const [complete, grounded] = await Promise.all([
        judges.completeness({ question, ground_truth, system_response }),
        judges.groundedness({ question, retrieved_context, system_response }),
      ]);
      return {
        completeness: complete.completeness,
        groundedness: grounded.groundedness,
        discussion: `Completeness: ${complete.discussion}\nGroundedness: ${grounded.discussion}`,
      };
    },
  });
}
