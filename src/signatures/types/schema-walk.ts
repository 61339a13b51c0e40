/** A JSON Schema as data. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/** Keywords that hold schemas by name, and those that hold values. */
const MAP_KEYWORDS: ReadonlySet<string> = new Set(["properties", "patternProperties", "$defs"]);
const DATA_KEYWORDS: ReadonlySet<string> = new Set(["enum", "const", "default", "examples", "required"]);

/** The schema with each schema that stands right inside it replaced. */
export function mapInner(schema: JsonSchema, map: (inner: JsonSchema) => JsonSchema): JsonSchema {
  const mapped = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(mapped);
    return isSchema(value) ? map(value) : value;
  };
  return Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => {
      if (DATA_KEYWORDS.has(keyword)) return [keyword, value];
      if (!MAP_KEYWORDS.has(keyword) || !isSchema(value)) return [keyword, mapped(value)];
      return [keyword, Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, mapped(inner)]))];
    }),
  );
}

/** Every schema inside a schema, itself first. What references point at is not followed. */
export function* schemasIn(schema: JsonSchema): Generator<JsonSchema, void, undefined> {
  yield schema;
  const inner: JsonSchema[] = [];
  mapInner(schema, (each) => {
    inner.push(each);
    return each;
  });
  for (const each of inner) yield* schemasIn(each);
}

/** Schemas are objects; `true` and `false`, which may stand for one, are none here. */
export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const DEFINITION = "#/$defs/";

export function referenceTo(name: string): JsonSchema {
  return { $ref: DEFINITION + name };
}

/** The definition that a schema refers to; undefined for one that refers to none. */
export function referredName({ $ref }: JsonSchema): string | undefined {
  return typeof $ref === "string" && $ref.startsWith(DEFINITION) ? $ref.slice(DEFINITION.length) : undefined;
}
