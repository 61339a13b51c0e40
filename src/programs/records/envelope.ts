import { z } from "zod";
import { describe } from "../../foundation/errors.ts";
import { firstIssue } from "../../signatures/issue-text.ts";
import { isTooDeep, TOO_DEEP } from "../saved/saved-json.ts";
import { RecordError } from "./record-error.ts";

/** Plain JSON that says what it is. */
export interface Envelope<Format extends string = string> {
  readonly format: Format;
  readonly version: number;
  readonly value: unknown;
}

const ENVELOPE = z.strictObject({ format: z.string(), version: z.int().min(1), value: z.unknown() });

/**
 * The value in it, not looked at yet.
 * @param version up to which this library reads the format
 * @throws RecordError `unknown_format`, `newer_version` or `damaged`
 */
export function openEnvelope(data: unknown, format: string, version: number): unknown {
  if (isTooDeep(data)) throw new RecordError("damaged", format, TOO_DEEP);
  const envelope = ENVELOPE.safeParse(data);
  if (!envelope.success) throw new RecordError("unknown_format", format, `no record: ${firstIssue(envelope.error)}`);
  const { format: told, version: written, value } = envelope.data;
  if (told !== format) throw new RecordError("unknown_format", format, `the record says that it is ${describe(told)}`);
  if (written > version)
    throw new RecordError(
      "newer_version",
      format,
      `the record has version ${written}, this dspex reads up to ${version}: update dspex`,
    );
  return value;
}

/** Reads what an envelope held. @throws RecordError `damaged` for what is not as it was written */
export function readStrictly<Value>(format: string, read: () => Value): Value {
  try {
    return read();
  } catch (thrown) {
    if (!(thrown instanceof z.ZodError)) throw thrown;
    throw new RecordError("damaged", format, firstIssue(thrown));
  }
}
