import { nearest } from "../../foundation/check-options.ts";
import { describe, UsageError } from "../../foundation/errors.ts";
import {
  completeAndGrounded,
  contains,
  exactMatch,
  f1,
  hotpotF1,
  jsonMatch,
  numeric,
  passageMatch,
  precision,
  semanticF1,
} from "../../index.ts";

interface Setting {
  /** The metric's option. */
  readonly name: string;
  /** @throws UsageError */
  read(text: string): unknown;
}

/** A metric as the command line names it: `name:field` or `name:field:setting`. */
interface ReadyMade {
  readonly setting: Setting | undefined;
  /** Whether it takes several fields, with commas between them. */
  readonly several: boolean;
  make(field: string, options: object): object;
}

function metric(make: ReadyMade["make"], setting?: Setting, several = false): ReadyMade {
  return Object.freeze({ make, setting, several });
}

/** All that the command line has a name for; help and errors list them from here. */
const METRICS: Readonly<Record<string, ReadyMade>> = Object.freeze({
  exactMatch: metric(exactMatch, { name: "frac", read: readNumber }),
  contains: metric(contains, { name: "words", read: readBoolean }),
  f1: metric(f1),
  hotpotF1: metric(hotpotF1),
  precision: metric(precision),
  passageMatch: metric(passageMatch, { name: "context", read: String }),
  numeric: metric(numeric, { name: "tolerance", read: readNumber }),
  jsonMatch: metric(
    (fields, options) => jsonMatch(fields.split(","), options),
    { name: "tolerance", read: readNumber },
    true,
  ),
  semanticF1: metric((response, options) => semanticF1({ ...options, response }), { name: "client", read: String }),
  completeAndGrounded: metric((response, options) => completeAndGrounded({ ...options, response }), {
    name: "client",
    read: String,
  }),
});

/** `exactMatch:FIELD[:frac]`, and so on. */
export const METRIC_FORMS: readonly string[] = Object.keys(METRICS).map(formOf);

export interface NamedMetric {
  readonly metric: object;
  /** The outputs that it compares. */
  readonly fields: readonly string[];
}

/** The metric that `name:field[:setting]` names. @throws UsageError, which lists them all for a name that none has */
export function readyMadeMetric(option: string, text: string): NamedMetric {
  const [name = "", field = "", ...rest] = text.split(":");
  const found = Object.hasOwn(METRICS, name) ? METRICS[name] : undefined;
  if (found === undefined) {
    const near = nearest(name, Object.keys(METRICS));
    const hint = near === undefined ? "" : ` (is "${near}" meant?)`;
    throw new UsageError(
      `${option}: there is no metric "${name}"${hint}; there are ${METRIC_FORMS.join(", ")}; and FILE#name is one of your own`,
    );
  }
  if (field === "") throw new UsageError(`${option} ${text}: of which output? The form is ${formOf(name)}`);
  const setting = rest.length === 0 ? undefined : rest.join(":");
  if (setting !== undefined && found.setting === undefined)
    throw new UsageError(`${option} ${text}: ${name} takes no setting; the form is ${formOf(name)}`);
  try {
    const options =
      setting === undefined || !found.setting ? {} : { [found.setting.name]: found.setting.read(setting) };
    return { metric: found.make(field, options), fields: found.several ? field.split(",") : [field] };
  } catch (thrown) {
    if (!(thrown instanceof UsageError)) throw thrown;
    throw new UsageError(`${option} ${text}: ${thrown.message}`);
  }
}

function formOf(name: string): string {
  const { setting, several = false } = METRICS[name] ?? {};
  return `${name}:FIELD${several ? "[,FIELD…]" : ""}${setting === undefined ? "" : `[:${setting.name}]`}`;
}

function readNumber(text: string): number {
  const number = text.trim() === "" ? Number.NaN : Number(text);
  if (Number.isNaN(number)) throw new UsageError(`expected a number, got ${describe(text)}`);
  return number;
}

function readBoolean(text: string): boolean {
  if (text !== "true" && text !== "false") throw new UsageError(`expected true or false, got ${describe(text)}`);
  return text === "true";
}
