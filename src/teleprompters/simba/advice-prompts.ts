import { z } from "zod";
import { fieldList } from "../../adapters/prompt/prompt-text.ts";
import { jsonText } from "../../adapters/values/format-value.ts";
import { dedent, jsonNumberText, splitLines } from "../../adapters/values/python-text.ts";
import type { AnyExample } from "../../evaluate/example.ts";
import { predict } from "../../programs/predict/predict.ts";
import type { Predictor, Program } from "../../programs/program.ts";
import { tunablePredictors } from "../../programs/replace-predictors.ts";
import { type Field, makeField } from "../../signatures/field/field.ts";
import { signature } from "../../signatures/signature.ts";
import { type AnySignature, type Signature, signatureOf } from "../../signatures/signature-value.ts";
import { programText } from "../proposer/program-text.ts";
import { plainValue } from "../proposer/value-text.ts";
import type { TrialSeen } from "../teleprompter.ts";

/** The prompt is DSPy's (dspy/teleprompt/simba_utils.py). */

const TRAJECTORY = "The trajectory of the program's execution, showing each module's I/O";
const OUTPUTS = "The outputs of the program that we are analyzing";
const REWARD = "The reward value assigned to the program's outputs";
const INFO = "Additional information that might be helpful to understanding the assigned reward value.";

const OFFER = signature(
  "program_code, modules_defn, program_inputs, oracle_metadata, worse_program_trajectory, worse_program_outputs, worse_reward_value: float, worse_reward_info, better_program_trajectory, better_program_outputs, better_reward_value: float, better_reward_info, module_names: list[str] -> discussion, module_advice: dict[str, str]",
  {
    name: "OfferFeedback",
    instructions: `You will be given two trajectories of an LLM-driven program's execution. Your goal is to help the program's modules
build up experience on how to maximize the reward value assigned to the program's outputs if it were to receive
similar inputs in the future.

The module won't see its own history. It will rely on your advice balancing being concrete and being generalizable.

In your advice:
- Avoid boilerplate. Offer advice that would change the module's behavior for the better in the future.
- Ensure that advice offered to a module M is specific to that M's specific sub-task, not the overall program.
- Rely on contrasting the behavior of the worse trajectory against the better trajectory in making recommendations.
- Ensure each unique module name appears exactly once as a key in the advice dictionary.`,
    fields: {
      program_code: { desc: "The code of the program that we are analyzing" },
      modules_defn: { desc: "The definition of each module in the program, including its I/O" },
      program_inputs: { desc: "The inputs to the program that we are analyzing" },
      oracle_metadata: { desc: "Any (hidden) metadata about the training set instance we're analyzing" },
      worse_program_trajectory: { desc: TRAJECTORY },
      worse_program_outputs: { desc: OUTPUTS },
      worse_reward_value: { desc: REWARD },
      worse_reward_info: { desc: INFO },
      better_program_trajectory: { desc: TRAJECTORY },
      better_program_outputs: { desc: OUTPUTS },
      better_reward_value: { desc: REWARD },
      better_reward_info: { desc: INFO },
      module_names: { desc: "The names of the modules in the program, for which we seek advice" },
      discussion: { desc: "Discussing blame of where each module went wrong, if it did" },
      module_advice: {
        desc: "For each module, describe very concretely: If the module receives ${description of input or patterns therein}, then it should ${description of content, behavior, or strategies to adopt and/or others to avoid}. Basically, your advice be such that if the module has access to your tip, it would be much more likely to act like the successful trajectory rather than the lower-scoring trajectory.",
      },
    },
  },
);

export interface Advice {
  readonly discussion: string;
  /** By predictor. */
  readonly module_advice: Readonly<Record<string, string>>;
}

/** Says what the predictors of a program should do, by a better and a worse run of it. */
export const OFFER_FEEDBACK: Predictor<AdviceInputs, Advice> = predict(texts(OFFER), { onUnparsable: "json" });

/** All as texts. */
type AdviceInputs = Readonly<Record<string, string>>;

/** The types are told as they are; what is given is the text that shows it. */
function texts({ name, instructions, fields }: AnySignature): Signature<AdviceInputs, Advice> {
  const told = fields.map((field): Field => {
    const isText = field.role === "output" || field.type.kind === "str";
    return isText ? field : makeField({ ...field, zod: z.string() });
  });
  // The fields have their names and roles still.
  return signatureOf({ name, instructions, fields: told }) as Signature<AdviceInputs, Advice>;
}

/** What is compared: of the same example, the best run and the worst. */
export interface Compared {
  readonly example: AnyExample;
  readonly better: TrialSeen;
  /** The better one itself where there is one run alone: then neither is shown, as in DSPy. */
  readonly worse: TrialSeen;
  /** Whether there is no better one: both scored alike. */
  readonly alike: boolean;
}

export function adviceInputs(program: Program<never>, { example, better, worse, alike }: Compared): AdviceInputs {
  return {
    program_code: programText(program),
    modules_defn: modulesText(program),
    program_inputs: shown(example.inputs),
    oracle_metadata: shown(example.labels),
    ...(worse === better ? notShown("worse") : runTexts("worse", worse)),
    ...(alike ? notShown("better") : runTexts("better", better)),
    worse_reward_info: infoText(worse),
    better_reward_info: infoText(better),
    module_names: shown(Object.keys(tunablePredictors(program))),
  };
}

function notShown(which: "better" | "worse"): AdviceInputs {
  return {
    [`${which}_program_trajectory`]: "[]",
    [`${which}_program_outputs`]: shown({ "N/A": "Prediction not available" }),
    [`${which}_reward_value`]: "N/A",
  };
}

function runTexts(which: "better" | "worse", seen: TrialSeen): AdviceInputs {
  const steps = (seen.trace ?? [])
    .filter(({ kind, outputs }) => kind === "predict" && outputs !== undefined)
    .map(({ path, inputs, outputs }) => ({ module_name: path, inputs, outputs }));
  return {
    [`${which}_program_trajectory`]: shown(steps),
    [`${which}_program_outputs`]: shown(seen.outputs ?? {}),
    [`${which}_reward_value`]: jsonNumberText(seen.score ?? 0, "float"),
  };
}

/** What the metric said besides the score: of a run that failed nothing, as there. */
function infoText({ feedback, scores }: TrialSeen): string {
  return shown({ feedback, scores });
}

function shown(value: unknown): string {
  return jsonText(plainValue(value), undefined, { step: 2, depth: 0 });
}

const RULE = "-".repeat(80);

/** The predictors that may be advised: their fields, and their instructions. */
export function modulesText(program: Program<never>): string {
  const modules = Object.entries(tunablePredictors(program)).flatMap(([path, { signature: own }]) => [
    `Module ${path}`,
    "\tInput Fields:",
    ...indented(fieldList(own.inputFields)),
    "\tOutput Fields:",
    ...indented(fieldList(own.outputFields)),
    "\tOriginal Instructions: ",
    ...indented(dedent(own.instructions)),
    RULE,
  ]);
  return [RULE, ...modules].join("\n");
}

function indented(text: string): readonly string[] {
  return splitLines(text).map((line) => `\t\t${line}`);
}
