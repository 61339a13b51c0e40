import { describe, UsageError } from "../foundation/errors.ts";
import { isExample } from "./example.ts";
import type { AnyExample } from "./example.ts";

/**
 * A list is looked through before anything is asked; of a stream each example is looked at when it comes ({@link checkExample}).
 * @throws UsageError for what is no set, and for a list that holds what is no example
 */
export function checkExamples(examples: unknown): void {
  if (!isSet(examples)) {
    const got = examples instanceof Promise ? "a Promise of some: await it" : describe(examples);
    throw new UsageError(
      `evaluate: expected examples (of examples(), loadExamples(), or a stream of them), got ${got}`,
    );
  }
  if (Array.isArray(examples)) for (const each of examples) checkExample(each);
}

function isSet(examples: unknown): boolean {
  if (typeof examples !== "object" || examples === null) return false;
  return Symbol.iterator in examples || Symbol.asyncIterator in examples;
}

/** @throws UsageError for what is no example */
export function checkExample(example: unknown): asserts example is AnyExample {
  if (!isExample(example))
    throw new UsageError(
      `evaluate: expected an example with id, inputs, labels and tags, as examples() and loadExamples() make them, got ${describe(example)}`,
    );
}

/** Ids that are told by name. */
const NAMED = 3;

/** What to say of a list in which examples share an id; sets have none, and of a stream nobody keeps the ids. */
export function repeatedIdsNote(examples: Iterable<AnyExample> | AsyncIterable<AnyExample>): readonly string[] {
  if (!Array.isArray(examples)) return [];
  const seen = new Set<string>();
  const repeated: string[] = [];
  for (const { id } of examples as readonly AnyExample[]) {
    if (seen.has(id)) repeated.push(id);
    seen.add(id);
  }
  if (repeated.length === 0) return [];
  const names = [...new Set(repeated)];
  const more = names.length > NAMED ? ", …" : "";
  const which = `${names
    .slice(0, NAMED)
    .map((id) => describe(id))
    .join(", ")}${more}`;
  return [
    `${repeated.length === 1 ? "an example has" : `${repeated.length} examples have`} the id of an earlier one (${which}): ` +
      "a journal keeps one answer for equal ones, and comparisons pair them by their order",
  ];
}
