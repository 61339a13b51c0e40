import type { Program } from "../../programs/program.ts";
import { changesTo } from "./program-changes.ts";
import { type DiffPart, textDiff } from "./text-diff.ts";
import { demoSources, demoSourceText, isExposed, sourceText, type TextSource } from "./text-sources.ts";

/** A predictor or a declared text of a program beside another one's, as the page's script reads it. */
export interface PartData {
  readonly path: string;
  /** What is of it, and the place of its text. */
  readonly instructions: readonly (readonly [DiffPart[0], number])[];
  readonly demos: readonly (readonly [DiffPart[0], number])[];
  readonly settings: readonly { readonly name: string; readonly before: string; readonly now: string }[];
  /** Where its texts came from, a line each, and whether a reader should be warned. */
  readonly sources: readonly (readonly [text: string, isWarned: boolean])[];
}

export interface PartGrounds {
  /** The place of a text among all that the page holds. */
  place(text: string): number;
  sourcesOf(program: Program<never>): readonly TextSource[];
}

export function partData(
  program: Program<never>,
  beside: Program<never>,
  { place, sourcesOf }: PartGrounds,
): readonly PartData[] {
  const sources = new Map(sourcesOf(program).map((source) => [source.path, source]));
  const demosOf = new Map(demoSources(program, beside).map((source) => [source.path, source]));
  return changesTo(program, beside).map((part) => {
    const { path, texts, instructions, before, demos, lostDemos, keptDemos, settings } = part;
    const told = texts.flatMap((each): [string, boolean][] => {
      const source = sources.get(each);
      const text = source && sourceText(source);
      if (source === undefined || text === undefined) return [];
      return [[each === texts[0] ? text : `${each}: ${text}`, isExposed(source)]];
    });
    const shown = demosOf.get(path);
    return {
      path,
      // What the other has not is no change of something.
      instructions: (before === undefined ? [["same", instructions] as const] : textDiff(before, instructions)).map(
        ([is, text]) => [is, place(text)] as const,
      ),
      demos: [
        ...demos.map((demo) => [keptDemos.has(demo) ? ("same" as const) : ("new" as const), place(demo)] as const),
        ...lostDemos.map((demo) => ["gone" as const, place(demo)] as const),
      ],
      settings,
      sources: [...told, ...(shown === undefined ? [] : [[demoSourceText(shown), true] as const])],
    };
  });
}

/** Whether anything of it is otherwise. */
export function isOtherwise({ instructions, demos, settings }: PartData): boolean {
  return settings.length > 0 || [...instructions, ...demos].some(([is]) => is !== "same");
}
