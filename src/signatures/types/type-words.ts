/**
 * The words of the type grammar. The run-time parser reads these tables, and the compile-time one reads their types:
 * there is no second list that could differ.
 */

/** Words that are a type by themselves. */
export const SCALAR_WORDS = Object.freeze({
  str: "str",
  string: "str",
  int: "int",
  integer: "int",
  float: "float",
  number: "float",
  bool: "bool",
  boolean: "bool",
  Any: "any",
  any: "any",
  unknown: "any",
  None: "none",
  NoneType: "none",
  null: "none",
  History: "history",
  "dspy.History": "history",
  date: "date",
  "datetime.date": "date",
  datetime: "datetime",
  "datetime.datetime": "datetime",
  Image: "image",
  "dspy.Image": "image",
  Audio: "audio",
  "dspy.Audio": "audio",
  File: "file",
  "dspy.File": "file",
  Tool: "tool",
  "dspy.Tool": "tool",
  ToolCalls: "tool_calls",
  "dspy.ToolCalls": "tool_calls",
} as const);

/** Words that take types in `[…]` (or `<…>`); `Literal` and `Code` take values. */
export const GENERIC_WORDS = Object.freeze({
  list: "list",
  List: "list",
  Array: "list",
  dict: "dict",
  Dict: "dict",
  Record: "dict",
  tuple: "tuple",
  Tuple: "tuple",
  Literal: "literal",
  Optional: "optional",
  Union: "union",
  Code: "code",
  "dspy.Code": "code",
} as const);

/** Words for values, inside `Literal[…]` and, where TypeScript has them as types, outside. */
export const VALUE_WORDS = Object.freeze({
  True: true,
  true: true,
  False: false,
  false: false,
  None: null,
  null: null,
} as const);

/**
 * Python's words. DSPy refuses a bare list of types (`[int, str]`), so brackets with one of these directly inside are
 * refused here too; `[string, number]` is TypeScript's tuple.
 */
export const PYTHON_WORDS = Object.freeze(["str", "int", "float", "bool", "Any", "None"] as const);

export type ScalarWord = keyof typeof SCALAR_WORDS;
export type GenericWord = keyof typeof GENERIC_WORDS;

export function scalarKind(word: string): (typeof SCALAR_WORDS)[ScalarWord] | undefined {
  // The cast is guarded by hasOwn: `constructor` must not be found on the prototype.
  return Object.hasOwn(SCALAR_WORDS, word) ? SCALAR_WORDS[word as ScalarWord] : undefined;
}

export function genericKind(word: string): (typeof GENERIC_WORDS)[GenericWord] | undefined {
  return Object.hasOwn(GENERIC_WORDS, word) ? GENERIC_WORDS[word as GenericWord] : undefined;
}

export function valueOfWord(word: string): boolean | null | undefined {
  return Object.hasOwn(VALUE_WORDS, word) ? VALUE_WORDS[word as keyof typeof VALUE_WORDS] : undefined;
}
