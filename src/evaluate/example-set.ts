import { checkNumber, checkOptions, optionNames } from "../foundation/check-options.ts";
import { digest } from "../foundation/digest.ts";
import { describe, UsageError } from "../foundation/errors.ts";
import { pythonRandom } from "../foundation/python-random.ts";
import { toSavedJson } from "../programs/saved/saved-json.ts";
import { digestOfExample, groupOf, isExample } from "./example.ts";
import type { Example, GroupBy } from "./example.ts";

export interface DrawOptions {
  /** A whole number. The same seed draws the same; DSPy draws so by Python's `random.Random(seed)`. Default 0. */
  readonly seed?: number;
}

export interface StratifyOptions<Each extends Example = Example> extends DrawOptions {
  /** The label, input or tag (or what a function says) whose values are to be as frequent on both sides. */
  readonly by: GroupBy<Each>;
}

/**
 * Examples in order: a frozen array, with what is drawn from it. Plain array methods (`filter`, `slice`, …) give plain
 * arrays, and {@link exampleSet} makes a set of them again.
 */
export interface ExampleSet<Inputs extends object = object, Labels extends object = object> extends ReadonlyArray<
  Example<Inputs, Labels>
> {
  /** A name for what is in it, in this order: ids, inputs, labels and tags. */
  readonly digest: string;
  /** How many examples lack the label, by output; outputs that all have are left out. */
  readonly unlabelled: Readonly<Partial<Record<keyof Labels & string, number>>>;
  /** The same examples in a drawn order: what Python's `random.Random(seed).shuffle` makes of it. */
  shuffle(options?: DrawOptions): ExampleSet<Inputs, Labels>;
  /**
   * So many different ones, in the order in which they were drawn: Python's `random.Random(seed).sample(set, count)`.
   * @throws UsageError for more than there are
   */
  sample(count: number, options?: DrawOptions): ExampleSet<Inputs, Labels>;
  /**
   * Two sets that share the examples out, in a drawn order: `fraction` of them, rounded and at least one, and the rest.
   * @throws UsageError for a fraction that is not between 0 and 1, and for fewer than two examples
   */
  split(fraction: number, options?: DrawOptions): readonly [ExampleSet<Inputs, Labels>, ExampleSet<Inputs, Labels>];
  /**
   * The same, with each group's share in both: `stratify(0.8, { by: "intent" })`.
   * @throws UsageError as {@link ExampleSet.split} does, and for a group that no example has
   */
  stratify(
    fraction: number,
    options: StratifyOptions<Example<Inputs, Labels>>,
  ): readonly [ExampleSet<Inputs, Labels>, ExampleSet<Inputs, Labels>];
}

/**
 * A set of these examples, in their order: of several sets, or of a part of one.
 *
 *     const hard = exampleSet(devset.filter(({ tags }) => tags.level === "hard"));
 *
 * @throws UsageError for what is no example, and for two with one id
 */
export function exampleSet<Inputs extends object, Labels extends object>(
  examples: Iterable<Example<Inputs, Labels>>,
): ExampleSet<Inputs, Labels> {
  const list = [...examples];
  const ids = new Set<string>();
  for (const each of list as readonly unknown[]) {
    if (!isExample(each)) throw new UsageError(`exampleSet: expected examples, got ${describe(each)}`);
    if (ids.has(each.id)) throw new UsageError(`exampleSet: two examples have the id ${describe(each.id)}`);
    ids.add(each.id);
  }
  const outputs = new Set(list.flatMap(({ labels }) => Object.keys(labels)));
  return setOf(list, [...outputs]);
}

/** A set of examples that are known to be such, under ids of their own. @param outputs The names that labels may have */
export function setOf<Inputs extends object, Labels extends object>(
  examples: readonly Example<Inputs, Labels>[],
  outputs: readonly string[],
): ExampleSet<Inputs, Labels> {
  type Set = ExampleSet<Inputs, Labels>;
  const part = (some: readonly Example<Inputs, Labels>[]): Set => setOf(some, outputs);
  const list = [...examples];
  let named: string | undefined;
  let unlabelled: Set["unlabelled"] | undefined;
  const methods: Pick<Set, "shuffle" | "sample" | "split" | "stratify"> = {
    shuffle: (options = {}) => part(pythonRandom(seedOf("shuffle", options)).shuffled(list)),
    sample(count, options = {}) {
      const seed = seedOf("sample", options);
      const holds = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= list.length;
      checkNumber("sample", "count", count, { expected: `a whole number from 0 to ${list.length}`, holds });
      return part(pythonRandom(seed).sample(list, count));
    },
    split(fraction, options = {}) {
      const seed = seedOf("split", options);
      const first = firstShare("split", fraction, list.length);
      const drawn = pythonRandom(seed).shuffled(list);
      return Object.freeze([part(drawn.slice(0, first)), part(drawn.slice(first))] as const);
    },
    stratify(fraction, options) {
      checkOptions("stratify", options, STRATIFY);
      const { by, ...draw } = options;
      const seed = seedOf("stratify", draw);
      const first = firstShare("stratify", fraction, list.length);
      const drawn = pythonRandom(seed).shuffled(list);
      const groups = groupsOf("stratify", drawn, by);
      const quotas = quotasOf(groups, first, list.length);
      const [chosen, others]: [Example<Inputs, Labels>[], Example<Inputs, Labels>[]] = [[], []];
      for (const [index, each] of drawn.entries()) {
        const group = groups[index];
        const left = quotas.get(group) ?? 0;
        quotas.set(group, left - 1);
        (left > 0 ? chosen : others).push(each);
      }
      return Object.freeze([part(chosen), part(others)] as const);
    },
  };
  const hidden = Object.entries(methods).map(([name, value]) => [name, { value }] as const);
  Object.defineProperties(list, {
    ...Object.fromEntries(hidden),
    // Worked out when somebody asks: it looks at everything in the set.
    digest: { get: () => (named ??= digestOfSet(list)) },
    unlabelled: { get: () => (unlabelled ??= unlabelledIn(list, outputs) as Set["unlabelled"]) },
  });
  // The methods and names of the interface were all defined just now.
  return Object.freeze(list) as unknown as Set;
}

const DRAW = optionNames<DrawOptions>({ seed: true });
const STRATIFY = optionNames<StratifyOptions>({ seed: true, by: true });

function seedOf(what: string, options: DrawOptions): number {
  checkOptions(what, options, DRAW);
  const { seed = 0 } = options;
  checkNumber(what, "seed", seed, { expected: "a whole number", holds: Number.isSafeInteger });
  return seed;
}

function firstShare(what: string, fraction: number, count: number): number {
  checkNumber(what, "fraction", fraction ?? Number.NaN, {
    expected: "a number between 0 and 1",
    holds: (value) => value > 0 && value < 1,
  });
  if (count < 2) throw new UsageError(`${what}: a set of ${count} cannot be shared out between two`);
  return Math.min(count - 1, Math.max(1, Math.round(count * fraction)));
}

function groupsOf<Each extends Example>(
  what: string,
  examples: readonly Each[],
  by: GroupBy<Each>,
): readonly (string | undefined)[] {
  if (typeof by !== "string" && typeof by !== "function")
    throw new UsageError(`${what}: by must be a field's or tag's name, or a function, got ${describe(by)}`);
  const groups = examples.map((each) => groupOf(each, by));
  if (groups.every((group) => group === undefined))
    throw new UsageError(`${what}: no example has a label, input or tag ${describe(by)}`);
  return groups;
}

/** How many of each group go to the first side: its share, rounded so that all together are `first` (largest remainders). */
function quotasOf(groups: readonly (string | undefined)[], first: number, count: number) {
  const sizes = new Map<string | undefined, number>();
  for (const group of groups) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  const shares = [...sizes].map(([group, size]) => {
    // In whole numbers, so that no share is rounded before its turn.
    const [whole, rest] = [Math.floor((size * first) / count), (size * first) % count];
    return { group, whole, rest };
  });
  let left = first - shares.reduce((sum, { whole }) => sum + whole, 0);
  const quotas = new Map(shares.map(({ group, whole }) => [group, whole]));
  for (const { group, whole } of shares.toSorted((a, b) => b.rest - a.rest)) {
    if (left <= 0) break;
    quotas.set(group, whole + 1);
    left -= 1;
  }
  return quotas;
}

function digestOfSet(examples: readonly Example[]): string {
  const tagsOf = (tags: Example["tags"]): unknown => toSavedJson(tags, "a tag");
  return digest(examples.map((each) => [each.id, digestOfExample(each), tagsOf(each.tags)]));
}

function unlabelledIn(examples: readonly Example[], outputs: readonly string[]): Readonly<Record<string, number>> {
  const counts = outputs.map((name) => [name, examples.filter(({ labels }) => !Object.hasOwn(labels, name)).length]);
  return Object.freeze(Object.fromEntries(counts.filter(([, count]) => Number(count) > 0)));
}
