import type { Program } from "../../programs/program.ts";
import type { EvaluatedCandidate } from "../candidate-score.ts";
import type { TextOrigin } from "../teleprompter.ts";
import { type Texts, withTexts } from "../texts.ts";

/** A candidate that was made and tried on a few examples, and is not evaluated on the valset yet. */
export interface Child {
  readonly name: string;
  readonly program: Program<never>;
  readonly texts: Texts;
  /** One for a proposal, two for a merge: their numbers. */
  readonly parents: readonly number[];
  readonly changed: readonly string[];
  readonly origins: Readonly<Record<string, TextOrigin>>;
  readonly note: string;
  readonly tried: EvaluatedCandidate;
  /** By how much it did better than its parent there. */
  readonly gain: number;
  /** Whether that is enough. */
  readonly isKept: boolean;
}

/** What is evaluated on the valset. */
export interface Candidate extends Pick<
  Child,
  "name" | "program" | "texts" | "parents" | "changed" | "origins" | "note"
> {
  /** More than one: together. */
  readonly of: readonly Child[];
}

export interface Gathered {
  readonly candidates: readonly Candidate[];
  /** Those that another one of the round has made needless. */
  readonly left: readonly { readonly child: Child; readonly by: Child }[];
}

/**
 * What the children of a round come to. Those of one parent that have changed different texts are put together, so that a
 * round gets on by as many texts as it has mended, and takes one evaluation; where two have changed the same text the one
 * that gained more is taken, of equals the first. A round of one child comes to that child.
 */
export function gathered(children: readonly Child[], parent: (number: number) => ParentOfMany): Gathered {
  const merges = children.filter(({ parents }) => parents.length > 1);
  const proposals = children.filter(({ parents }) => parents.length === 1);
  const numbers = [...new Set(proposals.map(({ parents }) => parents[0] ?? 0))];
  const families = numbers.map((number) => family(proposals.filter(({ parents }) => parents[0] === number)));
  const joint = families.map(({ taken }, place) => together(taken, parent(numbers[place] ?? 0)));
  return {
    candidates: [...merges.map((child) => ({ ...child, of: [child] })), ...joint],
    left: families.flatMap(({ left }) => left),
  };
}

interface ParentOfMany {
  readonly program: Program<never>;
  readonly texts: Texts;
}

function family(children: readonly Child[]): { readonly taken: readonly Child[]; readonly left: Gathered["left"] } {
  const taken: Child[] = [];
  const left: { child: Child; by: Child }[] = [];
  for (const child of children.toSorted((one, other) => other.gain - one.gain)) {
    // One that has changed nothing stands in everybody's way.
    const rival = taken.find(
      ({ changed }) => [changed, child.changed].some((each) => each.length === 0) || overlap(changed, child.changed),
    );
    if (rival === undefined) taken.push(child);
    else left.push({ child, by: rival });
  }
  return { taken: taken.toSorted((one, other) => children.indexOf(one) - children.indexOf(other)), left };
}

function overlap(some: readonly string[], others: readonly string[]): boolean {
  return some.some((path) => others.includes(path));
}

function together(children: readonly Child[], parent: ParentOfMany): Candidate {
  const [only] = children;
  if (only !== undefined && children.length === 1) return { ...only, of: children };
  const changed = children.flatMap((child) => child.changed);
  const texts = Object.fromEntries(
    children.flatMap((child) => child.changed.map((path) => [path, child.texts[path] ?? ""] as const)),
  );
  return {
    name: children.map(({ name }) => name).join(" + "),
    program: withTexts(parent.program, texts),
    texts: { ...parent.texts, ...texts },
    parents: only?.parents ?? [],
    changed,
    origins: Object.fromEntries(children.flatMap(({ origins }) => Object.entries(origins))),
    note: `together: ${children.map(({ name, note }) => `${name} (${note})`).join(", ")}`,
    of: children,
  };
}
