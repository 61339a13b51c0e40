import { answerWriter } from "../lm/language-model.ts";
import type { LmCapabilities, LmCompletion, LmRequest, LmResponseFormat } from "../lm/language-model.ts";
import type { LmContent, LmMessage } from "../lm/message.ts";
import type { Demo } from "../signatures/example.ts";
import type { Field } from "../signatures/field/field.ts";
import type { AnySignature } from "../signatures/signature-value.ts";
import type { Tool } from "../signatures/values/tool.ts";
import { libraryAdapter } from "./adapter-settings.ts";
import type { Adapter, AdapterSettings, AdapterStep, AskStep, FieldValues, PreparedPrompt } from "./adapter.ts";
import { demoTurns, historyOf, withoutHistory } from "./prompt/example-turns.ts";
import { contentWriter, refuseUnwritable } from "./prompt/media-parts.ts";
import { readNativeAnswer } from "./answer/native-answer.ts";
import { reasoningCutter } from "./answer/reasoning-block.ts";
import type { AnswerMarks, ReasoningCutter } from "./answer/reasoning-block.ts";
import { requestTool, toolFieldsOf, toolsIn, withCheckedCalls, withoutTools } from "./prompt/native-tools.ts";
import type { ToolFields } from "./prompt/native-tools.ts";
import type { PartialReader } from "./answer/partial-reader.ts";
import { fieldLists, objective } from "./prompt/prompt-text.ts";
import { strip } from "./values/python-text.ts";
import { CUT_OFF, WITHIN_REASONING } from "./answer/read-fields.ts";
import type { ReadOutputs } from "./answer/read-fields.ts";

/**
 * What tells one of DSPy's layouts from another: how inputs and answers are written and read. What they have in common
 * (the order of messages, demos, history, asking again) is {@link layoutAdapter}'s.
 */
export interface Layout {
  readonly name: string;
  readonly settings: AdapterSettings;
  fits(capabilities: LmCapabilities): boolean;
  /** Whether tools are offered, and calls taken, by the model's own means where it has them. */
  readonly nativeTools: boolean;
  bind(signature: AnySignature): BoundLayout;
}

export interface BoundLayout {
  /** The part of the system message that shows what messages look like. */
  readonly structure: string;
  /** The line that closes a request. */
  readonly closing: string;
  /** Writes these inputs as they stand in a user message, with blank lines between them; what is undefined is left out. */
  inputs(fields: readonly Field[]): (values: FieldValues) => string;
  /** An assistant message with these outputs; `missing` stands for those that are undefined, which else are left out. */
  answer(values: FieldValues, missing?: string): string;
  read(text: string): ReadOutputs;
  /** Of a text that could be read and that the token limit ended: whether no output has lost any of its value. */
  isWhole(text: string): boolean;
  /** For one answer, by field while it comes. */
  partial(): PartialReader;
  /** How its answers show. */
  readonly marks: AnswerMarks;
  responseFormat?(capabilities: LmCapabilities): LmResponseFormat | undefined;
}

/** An adapter that asks once, in a conversation of system message, demos, history and request (DSPy's order). */
export function layoutAdapter(layout: Layout): Adapter {
  return libraryAdapter({
    name: layout.name,
    settings: Object.freeze({ ...layout.settings }),
    fits: (capabilities: LmCapabilities) => layout.fits(capabilities),
    prepare(signature: AnySignature, demos: readonly Demo[]): PreparedPrompt {
      refuseUnwritable(signature);
      const tools = toolFieldsOf(signature);
      const inText = prompt(layout.bind(signature), signature, demos);
      const native =
        tools?.native && layout.nativeTools ? nativePrompt(layout, withoutTools(signature, tools), demos) : undefined;
      return Object.freeze({
        begin(inputs: FieldValues, capabilities: LmCapabilities): AskStep {
          const given = tools && toolsIn(tools, inputs);
          if (tools && given && native && capabilities.tools)
            return native(inputs, capabilities, { fields: tools, given, outputs: signature.outputFields });
          const question = inText(inputs, capabilities);
          return ask(tools && given ? { ...question, read: readChecked(question, tools, given) } : question);
        },
      });
    },
  });
}

/** A question with all that it takes to read its answer, and to ask it again. */
interface Question {
  readonly bound: BoundLayout;
  readonly reasoning: ReasoningCutter;
  readonly messages: readonly LmMessage[];
  readonly options: Omit<LmRequest, "messages">;
  read(completion: LmCompletion): ReadOutputs;
}

type Begin = (inputs: FieldValues, capabilities: LmCapabilities) => Question;

/** What is the same for all calls of a signature in a layout, built once. */
function prompt(bound: BoundLayout, signature: AnySignature, demos: readonly Demo[]): Begin {
  const system = `${fieldLists(signature)}\n${bound.structure}\n${objective(signature.instructions)}`;
  const content = contentWriter(signature.inputFields);
  const allInputs = bound.inputs(signature.inputFields);
  const prefix: readonly LmMessage[] = [
    { role: "system", content: system },
    ...demoTurns(signature, demos, {
      user: (values, opening) => content(values, (shown) => strip(`${opening}\n\n${allInputs(shown)}`)),
      assistant: bound.answer,
    }),
  ];
  const shownInputs = bound.inputs(withoutHistory(signature.inputFields));
  // Inputs begin with a header or a tag, and the closing line ends in a full stop: there is nothing to strip.
  const question = (values: FieldValues): LmContent =>
    content(values, (marked) => {
      const shown = shownInputs(marked);
      return shown === "" ? bound.closing : `${shown}\n\n${bound.closing}`;
    });
  const history = historyOf(signature, { user: question, assistant: bound.answer });
  const reasoning = reasoningCutter(bound.marks);
  const writeAnswer = answerWriter(signature.outputFields, (values) => bound.answer(values));
  return (inputs, capabilities) => {
    const format = bound.responseFormat?.(capabilities);
    return {
      bound,
      reasoning,
      messages: [...prefix, ...history(inputs), { role: "user", content: question(inputs) }],
      options: { ...(format && { responseFormat: format }), writeAnswer },
      read: (completion) => readText(bound, completion),
    };
  };
}

/** What one call offers, and what its answer must hold. */
interface Offer {
  readonly fields: ToolFields;
  readonly given: readonly Tool[];
  /** Of the whole signature. */
  readonly outputs: readonly Field[];
}

/** The same for a prompt that leaves the tools to the request. */
function nativePrompt(
  layout: Layout,
  signature: AnySignature,
  demos: readonly Demo[],
): (inputs: FieldValues, capabilities: LmCapabilities, offer: Offer) => AskStep {
  const bound = layout.bind(signature);
  const begin = prompt(bound, signature, demos);
  const rest = signature.outputFields;
  return (inputs, capabilities, { fields: { calls }, given, outputs }) => {
    const question = begin(inputs, capabilities);
    const { responseFormat, ...options } = question.options;
    return ask({
      ...question,
      options: {
        ...options,
        ...(responseFormat && rest.length > 0 && { responseFormat }),
        ...(given.length > 0 && { tools: given.map(requestTool) }),
      },
      read: (completion) =>
        readNativeAnswer(completion, {
          outputs,
          rest,
          calls,
          tools: given,
          read: (text) => readText(bound, { ...completion, text }),
        }),
    });
  };
}

/** Calls that were written as text, too, must be of tools that there are. */
function readChecked(question: Question, tools: ToolFields, given: readonly Tool[]): Question["read"] {
  return (completion) => {
    const answer = question.read(completion);
    if (!answer.ok) return answer;
    const checked = withCheckedCalls(tools, given, answer.fields);
    return checked.ok ? { ...answer, fields: checked.fields } : checked;
  };
}

function readText(bound: BoundLayout, { text, finishReason }: LmCompletion): ReadOutputs {
  const answer = bound.read(text);
  return answer.ok && finishReason === "length" && !bound.isWhole(text) ? CUT_OFF : answer;
}

function ask(question: Question): AskStep {
  const { bound, reasoning, messages, options } = question;
  return {
    kind: "ask",
    request: { messages, ...options },
    partial: () => reasoning.partial(() => bound.partial()),
    read(completion: LmCompletion): AdapterStep {
      const { finishReason, toolCalls = [] } = completion;
      const text = reasoning.cut(completion.text);
      const said = text === undefined || text === completion.text ? completion : { ...completion, text };
      const again = (problem: string): AskStep =>
        ask({ ...question, messages: [...messages, ...complaint(said, problem, bound.closing)] });
      const raw = completion.text === "" && toolCalls.length > 0 ? JSON.stringify(toolCalls) : completion.text;
      const answer = text === undefined && toolCalls.length === 0 ? WITHIN_REASONING : question.read(said);
      if (answer.ok) {
        const mended = finishReason === "length" ? [...answer.mended, "cut off at the token limit"] : answer.mended;
        return { kind: "done", fields: answer.fields, mended, raw, again };
      }
      const { problem, field } = answer;
      return { kind: "unreadable", problem, ...(field !== undefined && { field }), raw, again: again(problem) };
    },
  };
}

/** The refused answer, and what is wrong with it. Providers want an answer to each call before anything else is said. */
function complaint({ text, toolCalls = [] }: LmCompletion, problem: string, closing: string): readonly LmMessage[] {
  if (toolCalls.length > 0) {
    const content = `These calls could not be made: ${problem}\n\nAnswer once more, completely.`;
    return [
      { role: "assistant", content: text, toolCalls },
      ...toolCalls.map(({ id }): LmMessage => ({ role: "tool", toolCallId: id, content })),
    ];
  }
  return [
    { role: "assistant", content: text },
    {
      role: "user",
      content: `That answer could not be read: ${problem}\n\nAnswer once more, completely. ${closing}`,
    },
  ];
}
