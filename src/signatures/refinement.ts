import { z } from "zod";
import { UsageError } from "../foundation/errors.ts";
import { firstIssue } from "./issue-text.ts";
import { parseNow } from "./parse-now.ts";

/** What a zod object checks beyond its fields: its `refine`, `superRefine` and `check`. */
export interface Refinement {
  /** As zod holds them. */
  readonly checks: readonly z.core.$ZodCheck[];
  /**
   * What is wrong with these values, each of them right by itself; undefined when nothing is.
   * @throws UsageError for checks that are asynchronous
   */
  problem(values: object): string | undefined;
}

/**
 * The refinement of a zod object, if it has any. Its functions see the object as zod would give it to them: what was left
 * out, which is null everywhere else, is not there.
 * @throws UsageError for an object that changes its values
 */
export function refinementOf(what: string, object: z.ZodObject): Refinement | undefined {
  const { checks = [] } = object.def;
  if (checks.length === 0) return undefined;
  if (checks.some((check) => check._zod.def.check === "overwrite"))
    throw new UsageError(
      `${what}: an object that changes its values (overwrite) makes no signature; check them (refine)`,
    );
  // The checks alone: the fields have been checked, and transformed, already. What they are given is such an object.
  const alone = z.unknown().check(...(checks as unknown as readonly z.core.$ZodCheck<unknown>[]));
  const nullless = Object.entries(object.shape)
    // zod's classic API builds shapes of classic schemas, though it types them by its core.
    .filter(([, schema]) => !takesNull(schema as z.ZodType))
    .map(([name]) => name);
  return Object.freeze({
    checks,
    problem(values: object): string | undefined {
      const seen: Record<string, unknown> = { ...values };
      for (const name of nullless) if (seen[name] === null) delete seen[name];
      const result = parseNow(alone, seen, what);
      return result.success ? undefined : firstIssue(result.error);
    },
  });
}

function takesNull(schema: z.ZodType): boolean {
  try {
    return schema.safeParse(null).success;
  } catch {
    // Asynchronous: then its own check will say so.
    return false;
  }
}

/** A schema of an object that holds to the refinement too. */
export function refined(schema: z.ZodType<object>, refinement: Refinement | undefined): z.ZodType<object> {
  if (refinement === undefined) return schema;
  return schema.superRefine((values, context) => {
    const problem = refinement.problem(values);
    if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
  });
}
