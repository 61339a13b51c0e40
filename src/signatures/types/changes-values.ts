import type { z } from "zod";

/**
 * Whether a zod schema gives other values than it takes: it transforms, trims, coerces or fills in a default somewhere. What
 * it gave cannot be checked by it once more.
 */
export function changesValues(schema: z.core.$ZodType, seen = new Set<z.core.$ZodType>()): boolean {
  // A schema may contain itself, and another one in many places.
  if (seen.has(schema)) return false;
  seen.add(schema);
  const def = schema._zod.def as Definition;
  if (CHANGING.has(def.type) || def.coerce === true) return true;
  if (def.checks?.some((check) => check._zod.def.check === "overwrite")) return true;
  const inside = [
    ...Object.values(def.shape ?? {}),
    ...(def.items ?? []),
    ...(def.options ?? []),
    ...(def.getter === undefined ? [] : [def.getter()]),
    def.element,
    def.innerType,
    def.keyType,
    def.valueType,
    def.left,
    def.right,
    def.rest,
    def.catchall,
  ];
  return inside.some((each) => each !== undefined && each !== null && changesValues(each, seen));
}

const CHANGING: ReadonlySet<string> = new Set(["transform", "pipe", "default", "prefault", "catch"]);

/** The parts of zod's definitions that hold others. */
interface Definition {
  readonly type: string;
  readonly coerce?: boolean;
  readonly checks?: readonly z.core.$ZodCheck[];
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>;
  readonly items?: readonly z.core.$ZodType[];
  readonly options?: readonly z.core.$ZodType[];
  readonly getter?: () => z.core.$ZodType;
  readonly element?: z.core.$ZodType;
  readonly innerType?: z.core.$ZodType;
  readonly keyType?: z.core.$ZodType;
  readonly valueType?: z.core.$ZodType;
  readonly left?: z.core.$ZodType;
  readonly right?: z.core.$ZodType;
  readonly rest?: z.core.$ZodType | null;
  readonly catchall?: z.core.$ZodType;
}
