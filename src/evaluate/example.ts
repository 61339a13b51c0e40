import { digest, inOrder } from "../foundation/digest.ts";
import { toSavedJson } from "../programs/saved/saved-json.ts";

/**
 * A case of a set: what a program is given, and what it should give. A frozen plain value.
 *
 * `labels` may lack some of the outputs, or all of them: a metric that needs one that is not there says so.
 */
export interface Example<Inputs extends object = object, Labels extends object = object> {
  /** Its own in a set: given, else the digest of inputs and labels (of further equal ones with `~2`, `~3`, …). */
  readonly id: string;
  readonly inputs: Readonly<Inputs>;
  readonly labels: Readonly<Partial<Labels>>;
  /** What else its row says, by column: what scores are sliced by. Not shown to programs. */
  readonly tags: Readonly<Record<string, unknown>>;
}

/** What an example of a set is, whatever its fields are called. */
export type AnyExample = Example<Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>>;

export function isExample(value: unknown): value is AnyExample {
  if (typeof value !== "object" || value === null) return false;
  const { id, inputs, labels, tags } = value as { readonly [Key in keyof Example]?: unknown };
  return typeof id === "string" && isObject(inputs) && isObject(labels) && isObject(tags);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/**
 * A name for what an example asks and what is right: equal for equal inputs and labels, whatever its id and tags.
 * @throws UsageError for a value that is no data
 */
export function digestOfExample({ inputs, labels }: Pick<Example, "inputs" | "labels">): string {
  return digest({ inputs: valueFacts(inputs, "input"), labels: valueFacts(labels, "label") });
}

/** For digests. Fields in any order; within a value order counts, as prompts show it. */
export function valueFacts(values: object, what: string): object {
  // Fields cannot have a name that objects have.
  const facts: Record<string, unknown> = {};
  for (const [name, value] of Object.entries<unknown>(values as Readonly<Record<string, unknown>>))
    facts[name] = typeof value === "string" ? value : inOrder(toSavedJson(value ?? null, `${what} "${name}"`));
  return facts;
}

/** How examples are grouped: by a label, an input or a tag of that name (in this order), or by what a function says. */
export type GroupBy<Each extends Example = AnyExample> = string | ((example: Each) => unknown);

/** What an example is grouped by, as text: texts as they are, other values as JSON. Undefined where it has no such value. */
export function groupOf<Each extends Example>(example: Each, by: GroupBy<Each>): string | undefined {
  const value = typeof by === "function" ? by(example) : named(example, by);
  if (value === undefined) return undefined;
  return typeof value === "string" ? value : JSON.stringify(value);
}

function named(example: Example, name: string): unknown {
  for (const values of [example.labels, example.inputs, example.tags])
    if (Object.hasOwn(values, name)) return (values as Readonly<Record<string, unknown>>)[name];
  return undefined;
}
