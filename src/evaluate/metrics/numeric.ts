import { plainNumber } from "../../adapters/values/fit-scalar.ts";
import { checkNumber, checkOptions, optionNames } from "../../foundation/check-options.ts";
import type { NumberRule } from "../../foundation/check-options.ts";
import { describe } from "../../foundation/errors.ts";
import { MetricError } from "./metric-error.ts";
import { labelOf, outputOf, readyMade } from "./ready-made.ts";
import type { FieldCall, FieldMetric } from "./ready-made.ts";
import { checkField } from "./text-metrics.ts";

export interface NumericOptions {
  /** How far the answer may be from the label. Default 0. */
  readonly tolerance?: number;
  /** The same as a share of the label: 0.01 is one per cent of it. The larger of both counts. Default 0. */
  readonly relative?: number;
}

const NUMERIC = optionNames<NumericOptions>({ tolerance: true, relative: true });

export const FROM_0: NumberRule = { expected: "a number from 0", holds: (value) => value >= 0 };

/**
 * Whether a number is the label, or near enough. Texts count as the number that they are (`"1,234.5"`); an answer that is
 * none, or null, is wrong.
 */
export function numeric<const Field extends string>(
  field: Field,
  options: NumericOptions = {},
): FieldMetric<Field, boolean> {
  checkField("numeric", field);
  checkOptions("numeric", options, NUMERIC);
  const { tolerance = 0, relative = 0 } = options;
  checkNumber("numeric", "tolerance", tolerance, FROM_0);
  checkNumber("numeric", "relative", relative, FROM_0);
  return readyMade<FieldCall<Field, boolean>>("numeric", 1, { field, tolerance, relative }, (example, prediction) => {
    const label = labelOf("numeric", example, field);
    const wanted = numberIn(label);
    if (wanted === undefined)
      throw new MetricError("bad_label", `the label "${field}" must be a number, got ${describe(label)}`, {
        metric: "numeric",
        field,
      });
    const answer = numberIn(outputOf("numeric", prediction, field));
    return answer !== undefined && isNear(answer, wanted, Math.max(tolerance, relative * Math.abs(wanted)));
  });
}

/** Infinite numbers are near nothing but themselves. */
export function isNear(a: number, b: number, distance: number): boolean {
  return a === b || Math.abs(a - b) <= distance;
}

const THOUSANDS = /^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/;

function numberIn(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isNaN(value) ? undefined : value;
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  if (THOUSANDS.test(text)) return Number(text.replaceAll(",", ""));
  const unsigned = text.replace(/^[+-]/, "");
  const size = plainNumber(unsigned.startsWith(".") ? `0${unsigned}` : unsigned);
  return size === undefined ? undefined : text.startsWith("-") ? -size : size;
}
