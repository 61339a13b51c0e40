import type { Field } from "../signatures/field.ts";
import type { AnySignature } from "../signatures/signature.ts";
import type { Adapter, FieldValues } from "./adapter.ts";
import { formatAnswer, formatValue } from "./format-value.ts";
import { layoutAdapter } from "./layout.ts";
import type { BoundLayout } from "./layout.ts";
import { formatReminder, placeholder } from "./prompt-text.ts";
import { strip } from "./python-text.ts";
import { readFields } from "./read-fields.ts";
import { readHeaders } from "./read-headers.ts";

/**
 * DSPy's ChatAdapter: each value under a header `[[ ## name ## ]]`, to the byte as DSPy 3.4.1 writes it. Any model can be
 * asked so; small ones do better with the lean adapter.
 */
export function chatAdapter(): Adapter {
  return CHAT;
}

const CHAT = layoutAdapter({ name: "chat", fits: () => true, bind });

const STRUCTURE = "All interactions will be structured in the following way, with the appropriate values filled in.";
const COMPLETED = "[[ ## completed ## ]]";

function header(field: Field): string {
  return `[[ ## ${field.name} ## ]]`;
}

function bind({ inputFields, outputFields }: AnySignature): BoundLayout {
  const shown = (fields: readonly Field[]): string =>
    strip(fields.map((field) => `${header(field)}\n${placeholder(field)}`).join("\n\n"));
  const section = (field: Field, text: string): string => `${header(field)}\n${text}`;
  return {
    structure: [STRUCTURE, shown(inputFields), shown(outputFields), COMPLETED].join("\n\n"),
    closing: closingLine(outputFields),
    inputs: (fields, values) =>
      fields.flatMap((field) => {
        const value = values[field.name];
        return value === undefined ? [] : [section(field, formatValue(field.type, value))];
      }),
    answer(values: FieldValues, missing?: string) {
      const sections = outputFields.flatMap((field) => {
        const value = values[field.name];
        if (value !== undefined) return [section(field, formatAnswer(field.type, value))];
        return missing === undefined ? [] : [section(field, missing)];
      });
      return `${strip(sections.join("\n\n"))}\n\n${COMPLETED}\n`;
    },
    read: (text) =>
      readFields(outputFields, readHeaders(text), (field) => `the answer has no section ${header(field)}`),
  };
}

function closingLine(outputs: readonly Field[]): string {
  const fields = outputs.map((field) => `\`${header(field)}\`${formatReminder(field)}`);
  return `Respond with the corresponding output fields, starting with the field ${fields.join(", then ")}, and then ending with the marker for \`${COMPLETED}\`.`;
}
