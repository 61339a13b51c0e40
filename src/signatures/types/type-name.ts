import { z } from "zod";
import { typeOfZod } from "./zod-type.ts";
import type { FieldType, LiteralValue } from "./field-type.ts";

/** The type as DSPy's prompts name it: `list[str]`, `Union[str, NoneType]`, `Literal['a', 'b']`. */
export function typeName(type: FieldType): string {
  return print(type, DSPY);
}

/** The type in words that {@link parseType} reads back to the same type (zod types have none: their name is given). */
export function typeText(type: FieldType): string {
  return print(type, GRAMMAR);
}

/** The type as TypeScript writes it, for those who wrote it in zod: `string[]`, `"a" | "b"`. No text of it is read back. */
export function typescriptType(type: FieldType): string {
  return print(type, TYPESCRIPT);
}

interface Spelling {
  readonly none: string;
  readonly ellipsis: string;
  /** In other words than Python's. */
  readonly words?: Readonly<Partial<Record<FieldType["kind"], string>>>;
  readonly list?: (items: string) => string;
  readonly dict?: (keys: string, values: string) => string;
  readonly tuple?: (items: readonly string[]) => string;
  readonly literal?: (values: readonly LiteralValue[]) => string;
  code(language: string): string;
  union(members: readonly string[]): string;
}

const DSPY: Spelling = {
  none: "NoneType",
  ellipsis: "Ellipsis",
  code: (language) => `Code_${language}`,
  union: (members) => `Union[${members.join(", ")}]`,
};

const GRAMMAR: Spelling = {
  none: "None",
  ellipsis: "...",
  code: (language) => `Code[${pythonString(language)}]`,
  union: (members) => members.join(" | "),
};

const TYPESCRIPT: Spelling = {
  none: "null",
  ellipsis: "...",
  words: {
    str: "string",
    int: "int",
    float: "number",
    bool: "boolean",
    any: "any",
    list: "any[]",
    dict: "Record<string, any>",
  },
  list: (items) => (items.includes("|") ? `(${items})[]` : `${items}[]`),
  dict: (keys, values) => `Record<${keys}, ${values}>`,
  tuple: (items) => `[${items.join(", ")}]`,
  literal: (values) => values.map((value) => JSON.stringify(value)).join(" | "),
  code: (language) => `Code[${JSON.stringify(language)}]`,
  union: (members) => members.join(" | "),
};

const NAMES = Object.freeze({
  history: "History",
  date: "date",
  datetime: "datetime",
  image: "Image",
  audio: "Audio",
  file: "File",
  tool: "Tool",
  tool_calls: "ToolCalls",
});

function print(type: FieldType, spelling: Spelling): string {
  switch (type.kind) {
    case "str":
    case "int":
    case "float":
    case "bool":
      return spelling.words?.[type.kind] ?? type.kind;
    case "any":
      return spelling.words?.any ?? "Any";
    case "none":
      return spelling.none;
    case "history":
    case "date":
    case "datetime":
    case "image":
    case "audio":
    case "file":
    case "tool":
    case "tool_calls":
      return NAMES[type.kind];
    case "code":
      return type.language === undefined ? "Code" : spelling.code(type.language);
    case "list":
      if (type.bare) return spelling.words?.list ?? "list";
      return (spelling.list ?? pythonList)(print(type.items, spelling));
    case "dict":
      if (type.bare) return spelling.words?.dict ?? "dict";
      return (spelling.dict ?? pythonDict)(print(type.keys, spelling), print(type.values, spelling));
    case "tuple": {
      if (type.bare) return "tuple";
      const items = type.items.map((item) => print(item, spelling));
      if (spelling.tuple !== undefined) return spelling.tuple([...items, ...(type.rest ? [spelling.ellipsis] : [])]);
      return `tuple[${[...items, ...(type.rest ? [spelling.ellipsis] : [])].join(", ")}]`;
    }
    case "literal":
      return (spelling.literal ?? pythonLiterals)(type.values);
    case "union":
      return spelling.union(type.members.map((member) => print(member, spelling)));
    case "zod":
      return zodName(type.schema);
  }
}

const pythonList = (items: string): string => `list[${items}]`;
const pythonDict = (keys: string, values: string): string => `dict[${keys}, ${values}]`;
const pythonLiterals = (values: readonly LiteralValue[]): string => `Literal[${values.map(pythonLiteral).join(", ")}]`;

function zodName(schema: z.ZodType): string {
  const meta = z.globalRegistry.get(schema);
  if (meta?.title !== undefined || meta?.id !== undefined) return meta.title ?? meta.id ?? "";
  // What is transformed is called by what a model has to write.
  if (schema instanceof z.ZodPipe) return typeName(typeOfZod(schema.in as z.ZodType));
  // One that holds itself is no more than what it is at the top.
  if (schema instanceof z.ZodLazy) return lazyName(schema.unwrap() as z.ZodType);
  const type = typeOfZod(schema);
  return type.kind === "zod" ? schema.def.type : typeName(type);
}

function lazyName(schema: z.ZodType): string {
  const { title, id } = z.globalRegistry.get(schema) ?? {};
  return title ?? id ?? schema.def.type;
}

/** A value as Python writes it: `'a'`, `True`, `None`, `1`. */
export function pythonLiteral(value: LiteralValue): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  return typeof value === "string" ? pythonString(value) : String(value);
}

/** In single quotes, or in double ones if it holds a single one only. */
function pythonString(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text
    .replaceAll("\\", "\\\\")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r")
    .replaceAll("\t", "\\t")
    .replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`);
  return quote + (quote === "'" ? escaped.replaceAll("'", "\\'") : escaped) + quote;
}
