import { z } from "zod";
import { firstIssue } from "../../signatures/issue-text.ts";
import type { Program } from "../program.ts";
import { retrieve, searchesIn } from "../modules/retrieve.ts";
import type { Retrieve } from "../modules/retrieve.ts";
import { withLeaves } from "../program-tree.ts";
import { SavedProgramError } from "./saved-program-error.ts";

/**
 * DSPy's `Retrieve` is a parameter there: `{ "k": 3 }` at its path, in the files of those versions that can save it. 3.4.1
 * reads it, and wants it in each file for a program that has one, though it cannot write it.
 */
export type DspySearch = { readonly k: number };

export function isDspySearch(value: unknown): value is DspySearch {
  return typeof value === "object" && value !== null && "k" in value && Object.keys(value).length === 1;
}

/** A search in a file of ours. */
export interface SavedSearch {
  readonly k: number;
  /** Left out: none was named. */
  readonly client?: string | undefined;
}

const SEARCH = z.strictObject({ k: z.int().min(1), client: z.string().min(1).exactOptional() });

export function savedSearches(program: Program): Readonly<Record<string, SavedSearch>> {
  const saved = Object.entries(searchesIn(program)).map(([path, { k, client }]): [string, SavedSearch] => [
    path,
    { k, ...(client !== undefined && { client }) },
  ]);
  return Object.fromEntries(saved);
}

/**
 * A copy of the program whose searches are as a file of ours says.
 * @throws SavedProgramError `mismatch` for other paths than the program's, and for what is no search
 */
export function withSavedSearches<Student extends Program>(student: Student, saved: object): Student {
  const there = searchesIn(student);
  const missing = Object.keys(there).find((path) => !Object.hasOwn(saved, path));
  if (missing !== undefined) throw refused(missing, `the file has nothing for it; ${list(Object.keys(saved), "it")}`);
  const searches = Object.entries(saved).map(([path, data]): [string, Retrieve] => {
    if (there[path] === undefined) throw noSearch(path, "a search", there);
    const read = SEARCH.safeParse(data);
    if (!read.success) throw refused(path, `not as saved: ${firstIssue(read.error)}`);
    return [path, retrieve(read.data)];
  });
  return withLeaves(student, Object.fromEntries(searches));
}

/**
 * A copy of the program whose searches find as many passages as a file of DSPy says; those that it does not name stay.
 * @throws SavedProgramError `mismatch` for a path at which the program has no `retrieve`, and for a number that none is
 */
export function withDspySearches<Student extends Program>(student: Student, data: object): Student {
  const there = searchesIn(student);
  const searches = Object.entries(data).flatMap(([path, search]): [string, Retrieve][] => {
    if (!isDspySearch(search)) return [];
    const { k } = search;
    const own = there[path];
    if (own === undefined) throw noSearch(path, `a search (k ${k})`, there);
    if (!(Number.isInteger(k) && k > 0))
      throw refused(path, `its k must be a whole number above 0, got ${JSON.stringify(k)}`);
    return [[path, own.with({ k })]];
  });
  return withLeaves(student, Object.fromEntries(searches));
}

function noSearch(path: string, what: string, there: Readonly<Record<string, Retrieve>>): SavedProgramError {
  return refused(path, `the file has ${what} where the program has no retrieve; ${list(Object.keys(there), "it")}`);
}

function list(paths: readonly string[], whose: string): string {
  return paths.length === 0 ? `${whose} has none` : `${whose} has ${paths.map((path) => `"${path}"`).join(", ")}`;
}

function refused(path: string, problem: string): SavedProgramError {
  return new SavedProgramError("mismatch", `search "${path}": ${problem}`, { predictor: path });
}
