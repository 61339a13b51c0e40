import type { Field } from "../signatures/field/field.ts";
import type { AnySignature } from "../signatures/signature-value.ts";
import type { Adapter, FieldValues } from "./adapter.ts";
import { chatPartial } from "./answer/chat-partial.ts";
import { header, inputSections, shownSections } from "./answer/chat-sections.ts";
import { isWholeValue } from "./answer/cut-off.ts";
import { formatAnswer } from "./values/format-value.ts";
import { layoutAdapter } from "./layout.ts";
import type { BoundLayout } from "./layout.ts";
import { STRUCTURE, formatReminder } from "./prompt/prompt-text.ts";
import { strip } from "./values/python-text.ts";
import { readFields } from "./answer/read-fields.ts";
import { oneOf } from "./answer/reasoning-block.ts";
import { headerReader } from "./answer/read-headers.ts";

export interface ChatAdapterOptions {
  /**
   * Whether a signature's tools and calls go by the model's own means where it has them, and not as text. Default false,
   * as in DSPy.
   */
  readonly nativeTools?: boolean | undefined;
}

/**
 * DSPy's ChatAdapter: each value under a header `[[ ## name ## ]]`, to the byte as DSPy 3.4.1 writes it. Any model can be
 * asked so; small ones do better with the lean adapter.
 */
export function chatAdapter({ nativeTools = false }: ChatAdapterOptions = {}): Adapter {
  return nativeTools ? NATIVE : CHAT;
}

const CHAT = chatLayout(false);
const NATIVE = chatLayout(true);

function chatLayout(nativeTools: boolean): Adapter {
  return layoutAdapter({ name: "chat", settings: { nativeTools }, fits: () => true, nativeTools, bind });
}

const COMPLETED = "[[ ## completed ## ]]";

function bind({ inputFields, outputFields }: AnySignature): BoundLayout {
  const sectionsOf = headerReader(outputFields.map(({ name }) => name));
  const missing = (field: Field): string => `the answer has no section ${header(field)}`;
  return {
    structure: [STRUCTURE, shownSections(inputFields), shownSections(outputFields), COMPLETED].join("\n\n"),
    closing: closingLine(outputFields),
    inputs: inputSections,
    answer(values: FieldValues, missing?: string) {
      const shown = outputFields.flatMap((field) => {
        const value = values[field.name];
        const text = value === undefined ? missing : formatAnswer(field.type, value);
        return text === undefined ? [] : [`${header(field)}\n${text}`];
      });
      return `${strip(shown.join("\n\n"))}\n\n${COMPLETED}\n`;
    },
    read: (text) => readFields(outputFields, sectionsOf(text).texts, missing),
    isWhole(text) {
      const { texts, place, rest } = sectionsOf(text);
      if (place === outputFields.length) return true;
      const field = outputFields[place];
      if (texts.includes(undefined)) return false;
      return field === undefined || rest === undefined || isWholeValue(field.type, rest);
    },
    partial: () => chatPartial(outputFields),
    marks: { opening: new RegExp(`\\[\\[ ## ${oneOf(outputFields)} ## \\]\\]`, "gu") },
  };
}

function closingLine(outputs: readonly Field[]): string {
  const fields = outputs.map((field) => `\`${header(field)}\`${formatReminder(field)}`);
  return `Respond with the corresponding output fields, starting with the field ${fields.join(", then ")}, and then ending with the marker for \`${COMPLETED}\`.`;
}
