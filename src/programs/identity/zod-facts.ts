import { z } from "zod";
import { inOrder } from "../../foundation/digest.ts";
import { ownKindOf } from "../../signatures/types/zod-type.ts";
import { codeFacts } from "./code-facts.ts";
import type { SourceListener } from "./code-facts.ts";
import { type Facts, type SchemaNode, wholeFacts } from "./schema-graph.ts";

/**
 * A zod schema as plain data, by which two that check, convert or describe otherwise differ: zod's own definition, all the
 * way down. Functions in it (`refine`, `transform`) are the user's code; that of a `superRefine` cannot be seen at all.
 * Each schema is looked at once, however many others hold it.
 */
export function zodFacts(schema: unknown, where: string, onSource: SourceListener): unknown {
  return wholeFacts(factsOf(schema, { where, onSource, nodes: new Map() }));
}

interface Walk {
  readonly where: string;
  readonly onSource: SourceListener;
  /** Those that were met. */
  readonly nodes: Map<object, SchemaNode>;
}

function factsOf(value: unknown, walk: Walk): Facts {
  switch (typeof value) {
    case "number":
      return known(Number.isFinite(value) ? value : { $number: String(value) });
    case "bigint":
      return known({ $bigint: String(value) });
    case "symbol":
      return known({ $symbol: String(value) });
    case "function":
      return known(codeFacts(value, walk.where, walk.onSource));
    case "object":
      return value === null ? known(null) : objectFacts(value, walk);
    default:
      return known(value);
  }
}

/** Facts without any schema in them. */
function known(facts: unknown): Facts {
  return () => facts;
}

function objectFacts(value: object, walk: Walk): Facts {
  if ("_zod" in value) return schemaFacts(value as z.ZodType, walk);
  if (value instanceof RegExp) return known({ $regexp: String(value) });
  if (value instanceof Date) return known({ $date: String(value.getTime()) });
  if (value instanceof Set || value instanceof Map) {
    const items = listFacts([...value], walk);
    return (tell) => ({ $items: items(tell) });
  }
  if (Array.isArray(value)) return listFacts(value, walk);
  // A shape's order is the order in which models see its fields.
  const members = memberFacts(
    Object.entries(value).map(([key, item]: [string, unknown]) => [key, factsOf(item, walk)]),
  );
  return (tell) => inOrder(members(tell));
}

function listFacts(list: readonly unknown[], walk: Walk): Facts {
  const items = list.map((item) => factsOf(item, walk));
  return (tell) => items.map((item) => item(tell));
}

function memberFacts(members: readonly (readonly [string, Facts])[]): (tell: Parameters<Facts>[0]) => object {
  return (tell) => Object.fromEntries(members.map(([key, facts]) => [key, facts(tell)]));
}

function schemaFacts(schema: z.ZodType, walk: Walk): Facts {
  const own = ownKindOf(schema);
  if (own !== undefined) return known({ own });
  const met = walk.nodes.get(schema);
  const node = met ?? { facts: known(undefined) };
  if (met === undefined) {
    // Before what is inside is looked at, which may hold it.
    walk.nodes.set(schema, node);
    node.facts = definitionFacts(schema, walk);
  }
  return (tell) => tell(node);
}

function definitionFacts(schema: z.ZodType, walk: Walk): Facts {
  const { def } = schema._zod as { readonly def: object };
  const entries = Object.entries(def).map(
    ([key, part]: [string, unknown]) => [key, partFacts(key, part, walk)] as const,
  );
  const hidden = hiddenCheck(schema, def, walk);
  const meta = z.globalRegistry.get(schema);
  return memberFacts([...entries, ...hidden, ...(meta === undefined ? [] : [["meta", factsOf(meta, walk)] as const])]);
}

/** Functions of zod's own around a value say what they give. */
function partFacts(key: string, part: unknown, walk: Walk): Facts {
  if (typeof part !== "function" || part.length > 0) return key === "when" ? known(undefined) : factsOf(part, walk);
  if (key === "error" || key === "catchValue" || key === "getter") {
    try {
      const gives = factsOf((part as () => unknown)(), walk);
      return (tell) => ({ gives: gives(tell) });
    } catch {
      // It is the user's own then, and wants to know more.
    }
  }
  return factsOf(part, walk);
}

/** What `check` and `superRefine` were given is in no definition. */
function hiddenCheck(schema: z.ZodType, def: object, { where, onSource }: Walk): readonly (readonly [string, Facts])[] {
  const { check } = schema._zod as { readonly check?: unknown };
  const isHidden = "check" in def && def.check === "custom" && !("fn" in def);
  return isHidden && typeof check === "function" ? [["hidden", known(codeFacts(check, where, onSource))]] : [];
}
