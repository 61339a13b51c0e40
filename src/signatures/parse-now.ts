import { z } from "zod";
import { UsageError } from "../foundation/errors.ts";

/**
 * A zod schema's check of a value, at once.
 * @throws UsageError that begins with `what`, for checks that are asynchronous and for a value that is too deep to be checked
 */
export function parseNow<Output>(
  schema: z.ZodType<Output>,
  value: unknown,
  what: string,
): z.ZodSafeParseResult<Output> {
  try {
    return schema.safeParse(value);
  } catch (thrown) {
    // zod goes into a value of a recursive type level by level.
    if (thrown instanceof RangeError && /call stack/i.test(thrown.message))
      throw new UsageError(`${what}: it is nested too deep to be checked`, { cause: thrown });
    if (!(thrown instanceof z.core.$ZodAsyncError)) throw thrown;
    throw new UsageError(`${what}: its checks must not be asynchronous`, { cause: thrown });
  }
}
