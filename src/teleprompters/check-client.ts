import { describe, UsageError } from "../foundation/errors.ts";

/** @throws UsageError for what is no name of a client; unless undefined */
export function checkClient(what: string, option: string, value: unknown): void {
  if (value !== undefined && (typeof value !== "string" || value === ""))
    throw new UsageError(`${what}: ${option} must be the name of a client, got ${describe(value)}`);
}
