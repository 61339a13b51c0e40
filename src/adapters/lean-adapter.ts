import { UsageError, describe } from "../foundation/errors.ts";
import { answerWriter } from "../lm/language-model.ts";
import type { LmCapabilities, LmCompletion, LmRequest } from "../lm/language-model.ts";
import type { LmContent, LmMessage } from "../lm/message.ts";
import type { Demo } from "../signatures/example.ts";
import type { Field } from "../signatures/field/field.ts";
import { fieldPrefix } from "../signatures/field/field-names.ts";
import { firstIssue } from "../signatures/issue-text.ts";
import type { AnySignature } from "../signatures/signature-value.ts";
import type { Tool, ToolCall } from "../signatures/values/tool.ts";
import { libraryAdapter } from "./adapter-settings.ts";
import type { Adapter, AdapterStep, AskStep, FieldValues } from "./adapter.ts";
import { historyOf, withoutHistory } from "./prompt/example-turns.ts";
import { formatValue } from "./values/format-value.ts";
import { SOME_TEXT, answerLine, leanField } from "./prompt/lean-field.ts";
import type { LeanField } from "./prompt/lean-field.ts";
import { WITHIN_REASONING } from "./answer/read-fields.ts";
import { reasoningCutter } from "./answer/reasoning-block.ts";
import { leanPartial } from "./answer/lean-partial.ts";
import { checkCalls, toolFieldsOf, toolsIn } from "./prompt/native-tools.ts";
import { checkMedia, contentWriter, refuseUnwritable } from "./prompt/media-parts.ts";
import { strip } from "./values/python-text.ts";
import { missingValue, readValue } from "./values/read-value.ts";

/**
 * The layout for small models that can go on with an opened turn: `Question: …` lines in, and `Answer:` opened for the
 * model to complete up to the line break, one request for each output in one growing turn. Closed types (Literal, bool,
 * numbers, lists, objects) are held to a grammar where the model takes one. A model of 135 million parameters is right
 * with it far more often than with DSPy's layout, in a quarter of the time: it does not spend itself on copying brackets.
 *
 * Sampling: temperature 0; no repeat penalty for labels and numbers and with demos, 1.05 for text and JSON without (they
 * may loop); at most 24 tokens for a label or number, 256 for text and JSON. The caller's options go over these.
 *
 * Demos that lack an output, or all inputs, are left out: a hole would be imitated.
 */
export function leanAdapter(): Adapter {
  return LEAN;
}

const LEAN: Adapter = libraryAdapter({
  name: "lean",
  fits: ({ prefill }: LmCapabilities) => prefill,
  prepare(signature: AnySignature, demos: readonly Demo[]) {
    refuseUnwritable(signature);
    const outputs = signature.outputFields.map(leanField);
    if (outputs.length === 0) {
      throw new UsageError(
        `${signature.name}: the lean adapter opens the answer with an output's name; there is no output`,
      );
    }
    const asked = withoutHistory(signature.inputFields);
    const content = contentWriter(asked);
    const tools = toolFieldsOf(signature);
    const user = (values: FieldValues): LmContent => content(values, (shown) => inputLines(asked, shown));
    const assistant = (values: FieldValues): string => answerLines(outputs, values);
    const shown = demos.filter(
      (demo) =>
        asked.some(({ name }) => isThere(demo[name])) && outputs.every(({ field }) => demo[field.name] !== undefined),
    );
    const prefix: readonly LmMessage[] = [
      { role: "system", content: systemText(signature, outputs) },
      ...shown.flatMap((demo): LmMessage[] => {
        checkMedia(asked, demo, `${signature.name}: a demo`);
        return [
          { role: "user", content: user(demo) },
          { role: "assistant", content: assistant(demo) },
        ];
      }),
    ];
    const history = historyOf(signature, { user, assistant });
    return Object.freeze({
      begin(inputs: FieldValues, capabilities: LmCapabilities): AskStep {
        const turns = history(inputs);
        const form: LeanForm = {
          outputs,
          grammars: capabilities.grammar,
          hasDemos: shown.length + turns.length > 0,
          ...(tools && { offer: { calls: tools.calls, given: toolsIn(tools, inputs) } }),
        };
        return askFor(0, {
          form,
          messages: [...prefix, ...turns, { role: "user", content: user(inputs) }],
          turn: "",
          values: {},
          mended: [],
        });
      },
    });
  },
});

/** An opened line has no mark of its own. */
const REASONING = reasoningCutter({});

/** What is the same for all requests of a call. */
interface LeanForm {
  readonly outputs: readonly LeanField[];
  readonly grammars: boolean;
  readonly hasDemos: boolean;
  /** The output that calls tools, and those that there are. */
  readonly offer?: { readonly calls: Field; readonly given: readonly Tool[] };
}

/** How far a call has come. */
interface LeanState {
  readonly form: LeanForm;
  /** The conversation before the opened turn. */
  readonly messages: readonly LmMessage[];
  /** What the opened turn holds already: whole lines. */
  readonly turn: string;
  readonly values: FieldValues;
  readonly mended: readonly string[];
}

function askFor(index: number, state: LeanState, notEmpty = false): AskStep {
  const output = state.form.outputs[index];
  if (output === undefined) throw new RangeError(`lean: no output ${index}`);
  const { field, label } = output;
  const grammar = notEmpty ? SOME_TEXT : output.grammar;
  const held = state.form.grammars ? grammar : undefined;
  const request: LmRequest = {
    messages: [...state.messages, { role: "assistant", content: state.turn + label }],
    temperature: 0,
    maxTokens: output.maxTokens,
    // Without a grammar that forbids it, an empty line is got over by reading on to the next one.
    ...(notEmpty && held === undefined ? {} : { stop: ["\n"] }),
    repeatPenalty: output.mayLoop && !state.form.hasDemos ? 1.05 : 1,
    ...(held !== undefined && { grammar: held }),
    writeAnswer: answerWriter(
      state.form.outputs.map((each) => each.field),
      (values) => ` ${answerLine(field, values[field.name])}`,
    ),
  };
  return {
    kind: "ask",
    request,
    read: (completion) => readOutput(index, output, state, completion, notEmpty),
    partial: () => REASONING.partial(() => leanPartial(field, notEmpty)),
  };
}

function readOutput(
  index: number,
  output: LeanField,
  state: LeanState,
  completion: LmCompletion,
  notEmpty: boolean,
): AdapterStep {
  const { field, label, freeText } = output;
  const text = REASONING.cut(completion.text);
  const line = firstLine(text ?? "", notEmpty);
  const turn = `${state.turn}${label}${line === "" ? "" : ` ${line}`}`;
  const refuse = (problem: string): AdapterStep => ({
    kind: "unreadable",
    problem: `${field.name}: ${problem}`,
    field: field.name,
    raw: turn,
    again: askFor(index, complained(state, turn, problem, label)),
  });
  const accept = (value: unknown, mended: readonly string[]): AdapterStep => {
    const checked = field.schema.safeParse(value);
    if (!checked.success) return refuse(firstIssue(checked.error));
    const { offer } = state.form;
    // The value has just been found to be of the field's type, ToolCalls or null.
    const calls = offer?.calls.name === field.name ? (value as readonly ToolCall[] | null) : null;
    const called = offer && calls ? checkCalls(calls, offer.given) : undefined;
    if (called?.ok === false) return refuse(called.problem);
    return next(index, {
      ...state,
      turn: `${turn}\n`,
      values: { ...state.values, [field.name]: called?.calls ?? value },
      mended: [...state.mended, ...mended.map((what) => `${field.name}: ${what}`)],
    });
  };
  // A line that has come to its end is whole, whatever the limit cut behind it.
  const ended = notEmpty ? text?.trimStart().includes("\n") : text?.includes("\n");
  if (completion.finishReason === "length" && !ended)
    return refuse(line === "" ? "the answer was cut off" : `the answer was cut off: ${describe(line)}`);
  if (text === undefined) return refuse(WITHIN_REASONING.problem);
  if (line === "") {
    const absent = missingValue(field);
    if (absent.ok) return accept(absent.value, []);
    const problem = "nothing was written after its name";
    // The same question, only that nothing is no answer now: a complaint would do a small model no good.
    const again = freeText ? askFor(index, state, true) : askFor(index, complained(state, turn, problem, label));
    return { kind: "unreadable", problem: `${field.name}: ${problem}`, field: field.name, raw: turn, again };
  }
  const read = readValue(field.type, line);
  return read.ok ? accept(read.value, read.mended) : refuse(read.problem);
}

function next(index: number, state: LeanState): AdapterStep {
  if (index + 1 < state.form.outputs.length) return askFor(index + 1, state);
  const raw = state.turn.trimEnd();
  return {
    kind: "done",
    fields: state.values,
    mended: state.mended,
    raw,
    again: (problem) => {
      const first = state.form.outputs[0]?.label ?? "";
      return askFor(0, { ...complained(state, raw, problem, first), values: {}, mended: [] });
    },
  };
}

/** The conversation with the refused answer and what is wrong with it; the model's turn starts anew. */
function complained(state: LeanState, turn: string, problem: string, label: string): LeanState {
  const messages: readonly LmMessage[] = [
    ...state.messages,
    { role: "assistant", content: turn },
    { role: "user", content: `${label.slice(0, -1)} cannot be read: ${problem}. Answer again.` },
  ];
  return { ...state, messages, turn: "" };
}

/** Up to the first line break, or up to the one after the first words. */
function firstLine(text: string, skipEmpty: boolean): string {
  const from = skipEmpty ? text.trimStart() : text;
  const end = from.indexOf("\n");
  return strip(end < 0 ? from : from.slice(0, end));
}

function systemText(signature: AnySignature, outputs: readonly LeanField[]): string {
  const inputs = withoutHistory(signature.inputFields).map(leanField);
  const sentences = [...inputs, ...outputs].map(({ sentence }) => sentence).filter((sentence) => sentence !== "");
  const separator = signature.instructions.includes("\n") ? "\n" : " ";
  return [signature.instructions, ...sentences].join(separator);
}

function inputLines(fields: readonly Field[], values: FieldValues): string {
  return fields
    .filter(({ name }) => isThere(values[name]))
    .map((field) => strip(`${fieldPrefix(field.name)} ${formatValue(field.type, values[field.name])}`))
    .join("\n");
}

function answerLines(outputs: readonly LeanField[], values: FieldValues): string {
  return outputs
    .filter(({ field }) => values[field.name] !== undefined)
    .map(({ field, label }) => strip(`${label} ${answerLine(field, values[field.name])}`))
    .join("\n");
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null;
}
