import type { LmCapabilities, LmCompletion, LmRequest, LmResponseFormat } from "../lm/language-model.ts";
import type { LmMessage } from "../lm/message.ts";
import type { Demo } from "../signatures/example.ts";
import type { Field } from "../signatures/field.ts";
import type { AnySignature } from "../signatures/signature.ts";
import type { Adapter, AdapterStep, AskStep, FieldValues } from "./adapter.ts";
import { demoTurns, historyOf, withoutHistory } from "./example-turns.ts";
import type { PartialReader } from "./partial-reader.ts";
import { fieldLists, objective } from "./prompt-text.ts";
import { strip } from "./python-text.ts";

/**
 * What tells one of DSPy's layouts from another: how inputs and answers are written and read. What they have in common
 * (the order of messages, demos, history, asking again) is {@link layoutAdapter}'s.
 */
export interface Layout {
  readonly name: string;
  fits(capabilities: LmCapabilities): boolean;
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
  read(text: string): ReadAnswer;
  /** For one answer, by field while it comes. */
  partial(): PartialReader;
  responseFormat?(capabilities: LmCapabilities): LmResponseFormat | undefined;
}

export type ReadAnswer =
  | { readonly ok: true; readonly fields: FieldValues; readonly mended: readonly string[] }
  | { readonly ok: false; readonly problem: string; readonly field?: string };

/** An adapter that asks once, in a conversation of system message, demos, history and request (DSPy's order). */
export function layoutAdapter(layout: Layout): Adapter {
  return Object.freeze({
    name: layout.name,
    fits: (capabilities: LmCapabilities) => layout.fits(capabilities),
    prepare(signature: AnySignature, demos: readonly Demo[]) {
      const bound = layout.bind(signature);
      const system = `${fieldLists(signature)}\n${bound.structure}\n${objective(signature.instructions)}`;
      const allInputs = bound.inputs(signature.inputFields);
      const prefix: readonly LmMessage[] = [
        { role: "system", content: system },
        ...demoTurns(signature, demos, {
          user: (values, opening) => strip(`${opening}\n\n${allInputs(values)}`),
          assistant: bound.answer,
        }),
      ];
      const shownInputs = bound.inputs(withoutHistory(signature.inputFields));
      // Inputs begin with a header or a tag, and the closing line ends in a full stop: there is nothing to strip.
      const question = (values: FieldValues): string => {
        const shown = shownInputs(values);
        return shown === "" ? bound.closing : `${shown}\n\n${bound.closing}`;
      };
      const history = historyOf(signature, { user: question, assistant: bound.answer });
      return Object.freeze({
        begin(inputs: FieldValues, capabilities: LmCapabilities): AskStep {
          const turns = history(inputs);
          const format = bound.responseFormat?.(capabilities);
          const options = { ...(format && { responseFormat: format }), writeAnswer: bound.answer };
          return ask(bound, [...prefix, ...turns, { role: "user", content: question(inputs) }], options);
        },
      });
    },
  });
}

function ask(bound: BoundLayout, messages: readonly LmMessage[], options: Omit<LmRequest, "messages">): AskStep {
  return {
    kind: "ask",
    request: { messages, ...options },
    partial: () => bound.partial(),
    read({ text, finishReason }: LmCompletion): AdapterStep {
      const again = (problem: string): AskStep =>
        ask(bound, [...messages, { role: "assistant", content: text }, complaint(problem, bound.closing)], options);
      const answer = bound.read(text);
      if (answer.ok) {
        const mended = finishReason === "length" ? [...answer.mended, "cut off at the token limit"] : answer.mended;
        return { kind: "done", fields: answer.fields, mended, raw: text, again };
      }
      const { problem, field } = answer;
      return { kind: "unreadable", problem, ...(field !== undefined && { field }), raw: text, again: again(problem) };
    },
  };
}

function complaint(problem: string, closing: string): LmMessage {
  return {
    role: "user",
    content: `That answer could not be read: ${problem}\n\nAnswer once more, completely. ${closing}`,
  };
}
