import type { z } from "zod";

/**
 * Whether a zod schema gives other values than it takes: it transforms, trims, coerces or fills in a default somewhere. What
 * it gave cannot be checked by it once more.
 */
export function changesValues(schema: z.core.$ZodType): boolean {
  // A schema may contain itself, and another one in many places.
  const seen = new Set([schema]);
  for (const each of seen) {
    const def = each._zod.def as Definition;
    if (CHANGING.has(def.type) || def.coerce === true) return true;
    if (def.checks?.some((check) => check._zod.def.check === "overwrite")) return true;
    for (const inner of inside(def)) seen.add(inner);
  }
  return false;
}

/**
 * Whether it nests more than so many levels, each thing in it counted where it is met first. What reads schemas, zod's own
 * writer too, goes into them level by level.
 */
export function nestsDeeper(schema: z.core.$ZodType, levels: number): boolean {
  const seen = new Set([schema]);
  let at: readonly z.core.$ZodType[] = [schema];
  for (let level = 0; at.length > 0; level += 1) {
    if (level > levels) return true;
    const below = new Set(at.flatMap((each) => inside(each._zod.def as Definition)));
    // One that stands in several places of a level is looked at once, too.
    at = [...below].filter((inner) => !seen.has(inner));
    for (const each of at) seen.add(each);
  }
  return false;
}

function inside(def: Definition): readonly z.core.$ZodType[] {
  const all = [
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
  return all.filter((each) => each !== undefined && each !== null);
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
