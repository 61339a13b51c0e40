import { chatAdapter } from "../../adapters/chat-adapter.ts";
import { dataRepr, numberText } from "../../adapters/values/python-text.ts";
import type { AnyExample } from "../../evaluate/example.ts";
import type { PythonRandom } from "../../foundation/python-random.ts";
import { textOf } from "../../lm/message.ts";
import type { AnyPredictor } from "../../programs/program.ts";
import { plainValue, valueText } from "../proposer/value-text.ts";
import type { SeenStep, TrialSeen } from "../teleprompter.ts";

/** What whoever writes a better text is shown of a run: values as texts. */
export interface ReflectionExample {
  readonly inputs: Readonly<Record<string, string>>;
  /** A text, where the model's answer could not be read. */
  readonly outputs: Readonly<Record<string, string>> | string;
  readonly feedback: string;
  /** The example's id. */
  readonly example: string;
}

/** A run of a parent on its minibatch. */
export interface ParentRun {
  readonly example: AnyExample;
  readonly seen: TrialSeen;
}

/** A text of a predictor: where it stands, and whose it is. */
export interface PredictorText {
  readonly path: string;
  /** The predictor's path. */
  readonly at: string;
  readonly predictor: AnyPredictor;
}

/** Answers that came, and could not be read. */
const UNREADABLE: ReadonlySet<string> = new Set(["unparsable_output", "cut_off"]);

export function isUnreadable({ error, failed }: TrialSeen): boolean {
  return failed === "program" && error !== undefined && UNREADABLE.has(error.code);
}

/** It came to nothing that could be told about: no answer, and none that could not be read. */
export function isLost(seen: TrialSeen): boolean {
  return seen.error !== undefined && !isUnreadable(seen);
}

/**
 * One run of a predictor for each run of the program in which it gave something, drawn (DSPy's GEPA, `make_reflective_dataset`).
 * @param failures whether answers that could not be read are shown, too
 */
export function examplesOfPredictor(
  { path, at, predictor }: PredictorText,
  runs: readonly ParentRun[],
  random: PythonRandom,
  failures: boolean,
): readonly ReflectionExample[] {
  return runs.flatMap(({ example, seen }): ReflectionExample[] => {
    if (isLost(seen)) return [];
    const steps = (seen.trace ?? []).filter((step) => step.kind === "predict" && step.path === at);
    const unreadable = failures
      ? steps.find(({ error }) => error !== undefined && UNREADABLE.has(error.code))
      : undefined;
    if (unreadable !== undefined) return [unreadableExample(predictor, unreadable, example)];
    const readable = steps.filter(({ outputs }) => outputs !== undefined);
    if (isUnreadable(seen) || readable.length === 0) return [];
    const { inputs, outputs = {} } = random.choice(readable);
    const shown = { inputs: inputTexts(inputs, predictor), outputs: textsOfValues(outputs) };
    return [{ ...shown, feedback: feedbackOn(path, seen, at), example: example.id }];
  });
}

/** A text that is no predictor's is judged by whole runs. */
export function examplesOfParameter(path: string, runs: readonly ParentRun[]): readonly ReflectionExample[] {
  return runs.flatMap(({ example, seen }): ReflectionExample[] => {
    if (seen.error !== undefined || seen.outputs === undefined) return [];
    const shown = { inputs: textsOfValues(example.inputs), outputs: textsOfValues(seen.outputs) };
    return [{ ...shown, feedback: feedbackOn(path, seen), example: example.id }];
  });
}

/** To the text itself, else to its predictor, else to all. */
function feedbackOn(path: string, { score = 0, feedback, feedbackFor = {} }: TrialSeen, at = path): string {
  const own = [path, at].flatMap((each) => (Object.hasOwn(feedbackFor, each) ? [feedbackFor[each]] : []))[0];
  const said = own === undefined ? feedback : own.feedback;
  return said ?? `This trajectory got a score of ${numberText(own?.score ?? score, "float")}.`;
}

function unreadableExample(
  predictor: AnyPredictor,
  { inputs, error }: SeenStep,
  example: AnyExample,
): ReflectionExample {
  const raw = error?.raw ?? "";
  return {
    inputs: inputTexts(inputs, predictor),
    outputs: `Couldn't parse the output as per the expected output format. The model's raw response was:\n\`\`\`\n${raw}\n\`\`\`\n\n`,
    feedback: `Your output failed to parse. Follow this structure:\n${structureOf(predictor)}`,
    example: example.id,
  };
}

/** The layout of a question without inputs, as DSPy shows it: of chat, whatever the program's own layout is. */
function structureOf({ signature }: AnyPredictor): string {
  const { request } = chatAdapter().prepare(signature, []).begin({}, NOTHING_SPECIAL);
  return request.messages.map(({ role, content }) => `${role}: ${textOf(content)}\n`).join("");
}

const NOTHING_SPECIAL = { schema: false, tools: false, prefill: false, grammar: false };

/** A history of turns comes first, as what it is to a reader: context. */
function inputTexts(inputs: SeenStep["inputs"], { signature }: AnyPredictor): Readonly<Record<string, string>> {
  const history = signature.inputFields.find(({ type }) => type.kind === "history")?.name;
  const turns = history === undefined ? undefined : inputs[history];
  const { [history ?? ""]: _, ...others } = inputs;
  return { ...(Array.isArray(turns) && { Context: turnsText(turns) }), ...textsOfValues(others) };
}

function turnsText(turns: readonly unknown[]): string {
  const lines = turns.map((turn, place) => `  ${place}: ${dataRepr(plainValue(turn))}\n`);
  return `\`\`\`json\n${lines.join("")}\`\`\``;
}

function textsOfValues(values: object): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]: [string, unknown]) => [name, valueText(value)]));
}
