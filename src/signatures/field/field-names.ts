/**
 * Names that no field may have. A prediction is a plain object that people await, print and spread: a field `then`
 * would make it look like a promise, and the others would hide what every object has.
 */
export const RESERVED_NAMES = Object.freeze([
  "then",
  "constructor",
  "prototype",
  "__proto__",
  "toString",
  "toLocaleString",
  "toJSON",
  "valueOf",
  "hasOwnProperty",
  "isPrototypeOf",
  "propertyIsEnumerable",
  "__defineGetter__",
  "__defineSetter__",
  "__lookupGetter__",
  "__lookupSetter__",
] as const);

const IDENTIFIER = /^[\p{ID_Start}_][\p{ID_Continue}]*$/u;

/** Why this cannot be a field's name; undefined when it can. */
export function nameProblem(name: string): string | undefined {
  if (name === "") return "a field has no name";
  if (name.startsWith("$")) return `the name "${name}" is reserved: names that begin with "$" belong to the library`;
  if ((RESERVED_NAMES as readonly string[]).includes(name))
    return `the name "${name}" is reserved in JavaScript objects`;
  if (!IDENTIFIER.test(name)) return `"${name}" is no name: letters, digits and "_", not beginning with a digit`;
  return undefined;
}

/** `user_query` → `User Query:`; what DSPy's instruction proposers call a field. Prompts never show it. */
export function fieldPrefix(name: string): string {
  const words = name
    .replaceAll(/(.)([A-Z][a-z]+)/g, "$1_$2")
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replaceAll(/([a-zA-Z])(\d)/g, "$1_$2")
    .replaceAll(/(\d)([a-zA-Z])/g, "$1_$2")
    .split("_")
    .map((word) => (isUpperCase(word) ? word : capitalise(word)));
  return `${words.join(" ")}:`;
}

function isUpperCase(word: string): boolean {
  return word === word.toUpperCase() && word !== word.toLowerCase();
}

function capitalise(word: string): string {
  const [first = "", ...rest] = word;
  return first.toUpperCase() + rest.join("").toLowerCase();
}
