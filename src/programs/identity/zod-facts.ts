import { z } from "zod";
import { inOrder } from "../../foundation/digest.ts";
import { ownKindOf } from "../../signatures/types/zod-type.ts";
import { codeFacts } from "./code-facts.ts";
import type { SourceListener } from "./code-facts.ts";

/**
 * A zod schema as plain data, by which two that check, convert or describe otherwise differ: zod's own definition, all the
 * way down. Functions in it (`refine`, `transform`) are the user's code; that of a `superRefine` cannot be seen at all.
 */
export function zodFacts(schema: unknown, where: string, onSource: SourceListener): unknown {
  return factsOf(schema, { where, onSource, around: [] });
}

interface Walk {
  readonly where: string;
  readonly onSource: SourceListener;
  /** The schemas that this one stands in: one that holds itself is not walked round and round. */
  readonly around: readonly object[];
}

function factsOf(value: unknown, walk: Walk): unknown {
  switch (typeof value) {
    case "number":
      return Number.isFinite(value) ? value : { $number: String(value) };
    case "bigint":
      return { $bigint: String(value) };
    case "symbol":
      return { $symbol: String(value) };
    case "function":
      return codeFacts(value, walk.where, walk.onSource);
    case "object":
      return value === null ? null : objectFacts(value, walk);
    default:
      return value;
  }
}

function objectFacts(value: object, walk: Walk): unknown {
  if ("_zod" in value) return schemaFacts(value as z.ZodType, walk);
  if (value instanceof RegExp) return { $regexp: String(value) };
  if (value instanceof Date) return { $date: String(value.getTime()) };
  if (value instanceof Set || value instanceof Map) return { $items: [...value].map((item) => factsOf(item, walk)) };
  if (Array.isArray(value)) return value.map((item) => factsOf(item, walk));
  // A shape's order is the order in which models see its fields.
  return inOrder(Object.fromEntries(Object.entries(value).map(([key, item]) => [key, factsOf(item, walk)])));
}

function schemaFacts(schema: z.ZodType, walk: Walk): unknown {
  const own = ownKindOf(schema);
  if (own !== undefined) return { own };
  const round = walk.around.lastIndexOf(schema);
  if (round >= 0) return { $around: walk.around.length - round };
  const inside = { ...walk, around: [...walk.around, schema] };
  const { def } = schema._zod as { readonly def: object };
  const entries = Object.entries(def).map(([key, part]: [string, unknown]) => [key, partFacts(key, part, inside)]);
  const meta = z.globalRegistry.get(schema);
  return {
    ...Object.fromEntries(entries),
    ...hiddenCheck(schema, def, walk),
    ...(meta && { meta: factsOf(meta, inside) }),
  };
}

/** Functions of zod's own around a value say what they give. */
function partFacts(key: string, part: unknown, walk: Walk): unknown {
  if (typeof part !== "function" || part.length > 0) return key === "when" ? undefined : factsOf(part, walk);
  if (key === "error" || key === "catchValue" || key === "getter") {
    try {
      return { gives: factsOf((part as () => unknown)(), walk) };
    } catch {
      // It is the user's own then, and wants to know more.
    }
  }
  return factsOf(part, walk);
}

/** What `check` and `superRefine` were given is in no definition. */
function hiddenCheck(schema: z.ZodType, def: object, { where, onSource }: Walk): object {
  const { check } = schema._zod as { readonly check?: unknown };
  const isHidden = "check" in def && def.check === "custom" && !("fn" in def);
  return isHidden && typeof check === "function" ? { hidden: codeFacts(check, where, onSource) } : {};
}
