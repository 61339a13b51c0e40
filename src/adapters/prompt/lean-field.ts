import type { Field } from "../../signatures/field/field.ts";
import { fieldPrefix } from "../../signatures/field/field-names.ts";
import type { FieldType, LiteralValue } from "../../signatures/types/field-type.ts";
import { typeJsonSchema } from "../../signatures/types/json-schema.ts";
import { formatAnswer, jsonText } from "../values/format-value.ts";
import { jsonGrammar, literal } from "./json-grammar.ts";
import { jsonSample } from "./json-sample.ts";
import { constraintText } from "./prompt-text.ts";
import { scalarText, strip } from "../values/python-text.ts";

/** How one field stands in the lean form. */
export interface LeanField {
  readonly field: Field;
  /** `Answer:`, which opens the model's turn. */
  readonly label: string;
  /** What the system message says about it; empty when its label says it all. */
  readonly sentence: string;
  /** Whether any text is an answer. */
  readonly freeText: boolean;
  /** Whether the answer may be long enough for a small model to lose itself in repetition. */
  readonly mayLoop: boolean;
  /** What the answer must look like, a space before it included; undefined where any text will do. */
  readonly grammar: string | undefined;
  readonly maxTokens: number;
}

/** Enough for a label or a number, and for a paragraph or a JSON value: one that is cut is no answer. */
const LABEL_TOKENS = 24;
const LONG_TOKENS = 256;

/** Any text but none. */
export const SOME_TEXT = String.raw`root ::= " " [^\n ] [^\n]{0,200}`;

export function leanField(field: Field): LeanField {
  const freeText = takesText(field.type);
  const scalar = scalarGrammar(field.type);
  const label = fieldPrefix(field.name);
  return {
    field,
    label,
    sentence: sentence(field, label.slice(0, -1)),
    freeText,
    mayLoop: freeText || scalar === undefined,
    grammar: freeText
      ? undefined
      : scalar === undefined
        ? jsonGrammar(typeJsonSchema(field.type), '" "')
        : `root ::= " " ${scalar}`,
    maxTokens: freeText || scalar === undefined ? LONG_TOKENS : LABEL_TOKENS,
  };
}

function takesText(type: FieldType): boolean {
  return type.kind === "str" || type.kind === "any" || (type.kind === "union" && type.members.some(takesText));
}

/** Undefined for what is no scalar. */
function scalarGrammar(type: FieldType): string | undefined {
  switch (type.kind) {
    case "bool":
      return '( "True" | "False" )';
    case "int":
      return '"-"? [0-9]{1,9}';
    case "float":
      return '"-"? [0-9]{1,9} ( "." [0-9]{1,9} )?';
    case "none":
      return '"None"';
    case "date":
      return DAY;
    case "datetime":
      return `${DAY} "T" [0-9]{2} ":" [0-9]{2} ":" [0-9]{2} ( "Z" | [-+] [0-9]{2} ":" [0-9]{2} )?`;
    case "literal":
      return `( ${type.values.map((value) => literal(choiceText(value))).join(" | ")} )`;
    case "union": {
      const members = type.members.map(scalarGrammar);
      return members.includes(undefined) ? undefined : `( ${members.join(" | ")} )`;
    }
    default:
      return undefined;
  }
}

const DAY = '[0-9]{4} "-" [0-9]{2} "-" [0-9]{2}';

/** A choice on one line: as it is, or as JSON if it has line breaks or outer spaces. */
function choiceText(value: LiteralValue): string {
  if (typeof value !== "string") return scalarText(value);
  return value.includes("\n") || value !== strip(value) || value === "" ? JSON.stringify(value) : value;
}

/** The value on one line, as demos and histories show it. */
export function answerLine(field: Field, value: unknown): string {
  // Code has line breaks that it needs.
  if (field.type.kind === "code" && typeof value === "string") return jsonText({ code: value });
  if (typeof value === "string") {
    return field.type.kind === "literal" ? choiceText(value) : onOneLine(strip(value));
  }
  return onOneLine(strip(formatAnswer(field.type, value)));
}

/** Line breaks with the blanks around them become one blank. Takes each run of blanks once, however long it is. */
function onOneLine(text: string): string {
  return text.includes("\n") ? text.replaceAll(/\s+/g, (blanks) => (blanks.includes("\n") ? " " : blanks)) : text;
}

function sentence(field: Field, label: string): string {
  const words = field.role === "input" ? "" : typeWords(field.type);
  const bounds = words === "" ? "" : constraintText(field.constraints);
  const desc = field.desc === undefined || field.desc === `\${${field.name}}` ? "" : field.desc.trim();
  const typed = words === "" ? "" : `${label} is ${words}${bounds === "" ? "" : ` (${bounds})`}.`;
  if (desc === "") return typed;
  const described = /[.!?]$/.test(desc) ? desc : `${desc}.`;
  return typed === "" ? `${label}: ${described}` : `${typed} ${described}`;
}

function typeWords(type: FieldType): string {
  switch (type.kind) {
    case "str":
    case "any":
      return "";
    case "int":
      return "a whole number";
    case "float":
      return "a number";
    case "bool":
      return "True or False";
    case "none":
      return "None";
    case "date":
      return "a date like 2024-01-15";
    case "datetime":
      return "a date and time like 2024-01-15T10:30:00";
    case "code":
      return `${type.language ?? "Python"} code, as ${jsonWords(type)}`;
    case "literal":
      return `one of ${type.values.map(choiceText).join(", ")}`;
    case "list": {
      const items = ITEM_WORDS[type.items.kind];
      return items === undefined ? jsonWords(type) : `a JSON list of ${items}`;
    }
    case "union": {
      const members = type.members.map((member) => (takesText(member) ? "a text" : typeWords(member)));
      return members.join(", or ");
    }
    default:
      return jsonWords(type);
  }
}

const ITEM_WORDS: Readonly<Partial<Record<FieldType["kind"], string>>> = {
  str: "texts",
  int: "whole numbers",
  float: "numbers",
};

function jsonWords(type: FieldType): string {
  return `JSON like ${jsonSample(typeJsonSchema(type))}`;
}
