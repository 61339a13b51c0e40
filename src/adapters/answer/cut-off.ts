import type { FieldType } from "../../signatures/types/field-type.ts";
import { holdsKind } from "../../signatures/types/field-type.ts";
import { repairJson } from "./json-repair.ts";
import { codeIn } from "../values/read-code.ts";
import { scalarText } from "../values/python-text.ts";

/**
 * Whether a value of the type is all there, of which the token limit let no more than this text come: a list or an object
 * whose brackets are closed, a choice that no other one begins with, a fence that ends. A number goes on unless something
 * stands behind it, and a text may always.
 */
export function isWholeValue(type: FieldType, text: string): boolean {
  const said = text.trim();
  if (said === "") return false;
  switch (type.kind) {
    case "str":
      return false;
    case "code":
      return codeIn(said, type.language) !== said || isClosed(said);
    case "literal": {
      const choices = type.values.map((value) => (typeof value === "string" ? value : scalarText(value)));
      const isSaid = choices.includes(said) || endsInSpace(text);
      return isSaid && !choices.some((choice) => choice !== said && choice.startsWith(said));
    }
    case "none":
      return endsInSpace(text) || said === "null" || said === "None";
    case "bool":
      return endsInSpace(text) || /^(?:true|false|yes|no|off)$/i.test(said);
    case "date":
      return endsInSpace(text) || /^\d{4}-\d\d-\d\d$/.test(said);
    case "int":
    case "float":
    case "datetime":
      return endsInSpace(text);
    case "union":
      return !holdsKind(type, ["str"]) && type.members.some((member) => isWholeValue(member, text));
    default:
      return isClosed(said);
  }
}

function endsInSpace(text: string): boolean {
  return text.trimEnd() !== text;
}

/** Whether what stands in brackets has come to its end. */
function isClosed(text: string): boolean {
  const read = repairJson(text, "any");
  return read !== undefined && read.ended === "behind" && typeof read.value === "object" && read.value !== null;
}
