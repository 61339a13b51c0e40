import type { Field } from "../../signatures/field/field.ts";
import type { FieldValues } from "../adapter.ts";
import { formatValue } from "../values/format-value.ts";
import { placeholder } from "../prompt/prompt-text.ts";
import { strip } from "../values/python-text.ts";

/** `[[ ## name ## ]]`, which the chat layout puts over each value, and the JSON layout over inputs. */
export function header({ name }: Field): string {
  return `[[ ## ${name} ## ]]`;
}

/** Fields as the system message shows them: under their headers, with what their values must be. */
export function shownSections(fields: readonly Field[]): string {
  return strip(fields.map((field) => `${header(field)}\n${placeholder(field)}`).join("\n\n"));
}

/** Writes the values that are there, each under its header. */
export function inputSections(fields: readonly Field[]): (values: FieldValues) => string {
  const headed = fields.map((field) => ({ ...field, head: `${header(field)}\n` }));
  return (values) => {
    let text = "";
    for (const { name, type, head } of headed) {
      const value = values[name];
      if (value === undefined) continue;
      if (text !== "") text += "\n\n";
      text += head + formatValue(type, value);
    }
    return text;
  };
}
