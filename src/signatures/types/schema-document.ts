import { type JsonSchema, mapInner, referenceTo, referredName, schemasIn } from "./schema-walk.ts";

/** A schema with the definitions that it refers to, by their names. */
export interface SchemaParts {
  readonly schema: JsonSchema;
  readonly defs: Readonly<Record<string, JsonSchema>>;
}

/** The definitions of one JSON document, which many schemas are put into. */
export interface SchemaDocument {
  readonly defs: Readonly<Record<string, JsonSchema>>;
  /**
   * The schema as it stands in this document. Definitions that say the same become one; of two that say different things
   * under the same name, the later one gets another.
   */
  put(parts: SchemaParts): JsonSchema;
}

/** Names that nobody gave: they are numbered anew in each document. */
const GENERATED = /^__/;

export function schemaDocument(): SchemaDocument {
  const defs: Record<string, JsonSchema> = {};
  const names = new Map<string, string>();

  const nameFor = (wanted: string): string => {
    const numbered = GENERATED.test(wanted) ? "Type" : wanted;
    if (numbered === wanted && !Object.hasOwn(defs, wanted)) return wanted;
    for (let number = numbered === wanted ? 2 : 1; ; number += 1) {
      const name = `${numbered}${number}`;
      if (!Object.hasOwn(defs, name)) return name;
    }
  };

  return Object.freeze({
    defs,
    put(parts: SchemaParts): JsonSchema {
      const renamed = new Map<string, string>();
      const fresh: string[] = [];
      for (const name of Object.keys(parts.defs)) {
        const key = meaning(name, parts.defs);
        let known = names.get(key);
        if (known === undefined) {
          known = nameFor(name);
          names.set(key, known);
          // Taken from now on, though its own references may be to definitions that have no name yet.
          defs[known] = {};
          fresh.push(name);
        }
        renamed.set(name, known);
      }
      for (const name of fresh) defs[renamed.get(name) ?? name] = withNames(parts.defs[name] ?? {}, renamed);
      return withNames(parts.schema, renamed);
    },
  });
}

function withNames(schema: JsonSchema, names: ReadonlyMap<string, string>): JsonSchema {
  const name = referredName(schema);
  const inner = mapInner(schema, (each) => withNames(each, names));
  return name === undefined ? inner : { ...inner, ...referenceTo(names.get(name) ?? name) };
}

/** A text that is the same for definitions that say the same, whatever they and those below them are called. */
function meaning(name: string, defs: SchemaParts["defs"]): string {
  const order = [name];
  const numbered = new Map([[name, "0"]]);
  const texts: string[] = [];
  // Grows while it is walked: every definition that is met.
  for (const each of order) {
    const schema = defs[each] ?? {};
    for (const inner of schemasIn(schema)) {
      const referred = referredName(inner);
      if (referred === undefined || numbered.has(referred)) continue;
      numbered.set(referred, String(order.length));
      order.push(referred);
    }
    texts.push(JSON.stringify(withNames(schema, numbered)));
  }
  return texts.join("\n");
}
