// Random types, values of them, and a check that owes nothing to the library's own.
import type { Random } from "../../../src/foundation/random.ts";
import type { FieldType, LiteralValue } from "../../../src/signatures/types/field-type.ts";
import { unionOf } from "../../../src/signatures/types/field-type.ts";

export function below(random: Random, limit: number): number {
  return Math.floor(random.next() * limit);
}

export function pick<T>(random: Random, from: readonly T[]): T {
  // The lists here are never empty.
  return from[below(random, from.length)] as T;
}

const LITERALS: readonly (readonly LiteralValue[])[] = [
  ["red", "green", "it's", 'a "b"'],
  [1, 2, 3],
  [true, "true"],
  ["", " "],
  ["None", null],
];

const SCALARS = ["str", "int", "float", "bool"] as const;

/** DSPy's own types that may be outputs. */
const OWN: readonly FieldType[] = [
  { kind: "date" },
  { kind: "datetime" },
  { kind: "code" },
  { kind: "code", language: "js" },
  { kind: "tool_calls" },
];

export function randomType(random: Random, depth = 0): FieldType {
  const inner = (): FieldType => randomType(random, depth + 1);
  if (random.next() < 0.2) return pick(random, OWN);
  switch (below(random, depth > 2 ? 5 : 12)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return { kind: pick(random, SCALARS) };
    case 4:
      return { kind: "literal", values: pick(random, LITERALS) };
    case 5:
    case 6:
      return { kind: "list", items: inner(), bare: false };
    case 7:
      return { kind: "dict", keys: { kind: pick(random, ["str", "str", "int"]) }, values: inner(), bare: false };
    case 8:
      return { kind: "tuple", items: [inner(), inner()], rest: false, bare: false };
    case 9:
      return { kind: "tuple", items: [inner()], rest: true, bare: false };
    case 10:
      return unionOf([inner(), { kind: "none" }]);
    default:
      return unionOf([inner(), inner()]);
  }
}

const TEXTS = [
  "",
  "Paris",
  "naïve 日本 🎉",
  "a\nb",
  " spaces ",
  "[[ ## answer ## ]]",
  "</o1>",
  '{"o1": 1}',
  "```json",
  "null",
  "1,234",
  'It\'s "quoted" \\ here',
  "- one\n- two",
  "true",
  "3",
];

export function randomValue(type: FieldType, random: Random): unknown {
  const list = (items: FieldType): unknown[] =>
    Array.from({ length: below(random, 4) }, () => randomValue(items, random));
  switch (type.kind) {
    case "str":
      return pick(random, TEXTS);
    case "int":
      return below(random, 2000) - 1000;
    case "float":
      return pick(random, [0.5, -1e-7, 3, 1e21, 12.25, Number.NaN, Infinity]);
    case "bool":
      return random.next() < 0.5;
    case "literal":
      return pick(random, type.values);
    case "none":
      return null;
    case "date":
      return pick(random, ["2024-01-15", "2024-02-30", "15.1.2024"]);
    case "datetime":
      return pick(random, ["2024-01-15T10:30:00", "2024-01-15 10:30Z", "2024-01-15"]);
    case "code":
      return pick(random, [...TEXTS, "```js\nf(a < b)\n```", "```", '{"code": "x"}']);
    case "tool_calls":
      return Array.from({ length: below(random, 3) }, () => ({ name: pick(random, TEXTS), args: { n: 1 } }));
    case "list":
      return list(type.items);
    case "tuple":
      return type.rest ? list(type.items[0]!) : type.items.map((item) => randomValue(item, random));
    case "dict": {
      const key = type.keys.kind === "int" ? () => String(below(random, 99)) : () => `k${pick(random, TEXTS)}`;
      return Object.fromEntries(
        Array.from({ length: below(random, 3) }, () => [key(), randomValue(type.values, random)]),
      );
    }
    case "union":
      return randomValue(pick(random, type.members), random);
    default:
      throw new Error(`random types have no ${type.kind}`);
  }
}

function isCall(value: unknown): boolean {
  if (typeof value !== "object" || value === null || !("name" in value) || !("args" in value)) return false;
  const { name, args } = value;
  return typeof name === "string" && typeof args === "object" && args !== null && !Array.isArray(args);
}

export function isOfType(type: FieldType, value: unknown): boolean {
  switch (type.kind) {
    case "str":
      return typeof value === "string";
    case "int":
      return typeof value === "number" && Number.isInteger(value);
    case "float":
      return typeof value === "number";
    case "bool":
      return typeof value === "boolean";
    case "none":
      return value === null;
    case "code":
      return typeof value === "string";
    case "date":
      return typeof value === "string" && /^\d{4}-\d\d-\d\d$/.test(value);
    case "datetime":
      return typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(value);
    case "tool_calls":
      return Array.isArray(value) && value.every(isCall);
    case "literal":
      return type.values.some((choice) => choice === value);
    case "list":
      return Array.isArray(value) && value.every((item) => isOfType(type.items, item));
    case "tuple":
      if (!Array.isArray(value)) return false;
      if (type.rest) return value.every((item) => isOfType(type.items[0]!, item));
      return value.length === type.items.length && type.items.every((item, index) => isOfType(item, value[index]));
    case "dict": {
      if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
      const isKey = (key: string): boolean => type.keys.kind !== "int" || Number.isInteger(Number(key));
      return Object.entries(value).every(([key, item]) => isKey(key) && isOfType(type.values, item));
    }
    case "union":
      return type.members.some((member) => isOfType(member, value));
    default:
      return false;
  }
}
