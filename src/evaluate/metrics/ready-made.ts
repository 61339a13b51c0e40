import { describe } from "../../foundation/errors.ts";
import { MetricError } from "./metric-error.ts";
import type { MetricAnswer, MetricCall } from "./metric.ts";

/** The part of an example that a metric of one field looks at. */
export interface Labelled<Field extends string> {
  readonly labels: { readonly [Name in Field]?: unknown };
}

/** How a metric of one field is called; by hand without the third argument. */
export type FieldCall<Field extends string, Answer extends MetricAnswer> = (
  example: Labelled<Field>,
  prediction: { readonly [Name in Field]: unknown },
  call?: MetricCall,
) => Answer;

/** A metric of the library's: frozen, known to digests by name, version and settings. */
export type ReadyMade<Asked> = Asked & { readonly version: number; readonly settings: object };

/** A ready-made metric that compares one field. */
export type FieldMetric<Field extends string, Answer extends MetricAnswer = MetricAnswer> = ReadyMade<
  FieldCall<Field, Answer>
>;

/** A function as a metric of that name; `version` is raised when it comes to judge otherwise. */
export function readyMade<Asked extends object>(
  name: string,
  version: number,
  settings: object,
  asked: Asked,
): ReadyMade<Asked> {
  Object.defineProperty(asked, "name", { value: name });
  return Object.freeze(Object.assign(asked, { version, settings: Object.freeze(settings) }));
}

/** @throws MetricError `missing_label` */
export function labelOf(metric: string, example: Labelled<string>, field: string): unknown {
  const label = Object.hasOwn(example.labels, field) ? example.labels[field] : undefined;
  if (label === undefined)
    throw new MetricError("missing_label", `the example has no label "${field}"`, { metric, field });
  return label;
}

/** @throws MetricError `missing_output` */
export function outputOf(metric: string, prediction: Readonly<Record<string, unknown>>, field: string): unknown {
  const output = Object.hasOwn(prediction, field) ? prediction[field] : undefined;
  if (output === undefined)
    throw new MetricError(
      "missing_output",
      `the prediction has no "${field}"; it has ${Object.keys(prediction).join(", ") || "nothing"}`,
      { metric, field },
    );
  return output;
}

/**
 * The right answers: a label is one text, or a list of several.
 * @throws MetricError `bad_label` for an empty list, and for what is no text
 */
export function answersOf(metric: string, label: unknown, field: string): readonly string[] {
  const answers: readonly unknown[] = Array.isArray(label) ? label : [label];
  if (answers.length === 0)
    throw new MetricError("bad_label", `the label "${field}" is an empty list: no answer is right`, { metric, field });
  if (isTexts(answers)) return answers;
  throw new MetricError(
    "bad_label",
    `the label "${field}" must be a text, or a list of texts, got ${describe(label)}`,
    {
      metric,
      field,
    },
  );
}

export function isTexts(values: readonly unknown[]): values is readonly string[] {
  return values.every((value) => typeof value === "string");
}
