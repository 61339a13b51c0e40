import type { ComposedProgram, ProgramParts } from "./composed-program.ts";
import type { Program } from "./program.ts";
import type { Retrieve } from "./retrieve.ts";
import { SavedProgramError } from "./saved-program-error.ts";

/**
 * DSPy's `Retrieve` is a parameter there: `{ "k": 3 }` at its path, in the files of those versions that can save it. 3.4.1
 * reads it, and wants it in each file for a program that has one, though it cannot write it.
 */
export type SavedSearch = { readonly k: number };

export function isSavedSearch(value: unknown): value is SavedSearch {
  return typeof value === "object" && value !== null && "k" in value && Object.keys(value).length === 1;
}

/** The searches in a program by path, as predictors are named. */
export function searchesIn(program: Program): Readonly<Record<string, Retrieve>> {
  if (!isComposed(program)) return {};
  const found = Object.entries(program.parts).flatMap(([name, part]): [string, Retrieve][] =>
    isRetrieve(part)
      ? [[name, part]]
      : Object.entries(searchesIn(part)).map(([path, search]) => [`${name}.${path}`, search]),
  );
  return Object.fromEntries(found);
}

/**
 * A copy of the program whose searches find as many passages as the file says; those that it does not name stay.
 * @throws SavedProgramError `mismatch` for a path at which the program has no `retrieve`, and for a number that none is
 */
export function withSearches<Student extends Program>(student: Student, data: object): Student {
  const saved = Object.entries(data).filter((entry): entry is [string, SavedSearch] => isSavedSearch(entry[1]));
  const there = searchesIn(student);
  for (const [path, { k }] of saved) {
    if (there[path] === undefined) {
      const paths = Object.keys(there).map((each) => `"${each}"`);
      const list = paths.length === 0 ? "it has none" : `it has ${paths.join(", ")}`;
      throw refused(path, `the file has a search (k ${k}) where the program has no retrieve; ${list}`);
    }
    if (!(Number.isInteger(k) && k > 0))
      throw refused(path, `its k must be a whole number above 0, got ${JSON.stringify(k)}`);
  }
  // The same program with other numbers in its searches: its type stays.
  return edited(student, Object.fromEntries(saved)) as Student;
}

function refused(path: string, problem: string): SavedProgramError {
  return new SavedProgramError("mismatch", `search "${path}": ${problem}`, { predictor: path });
}

function edited(program: Program, saved: Readonly<Record<string, SavedSearch>>): Program {
  if (Object.keys(saved).length === 0 || !isComposed(program)) return program;
  const parts = Object.entries(program.parts).map(([name, part]): [string, Program] => {
    const own = saved[name];
    if (own !== undefined && isRetrieve(part)) return [name, part.with({ k: own.k })];
    const inside = Object.entries(saved).filter(([path]) => path.startsWith(`${name}.`));
    return [
      name,
      edited(part, Object.fromEntries(inside.map(([path, search]) => [path.slice(name.length + 1), search]))),
    ];
  });
  return program.with({ parts: Object.fromEntries(parts) });
}

function isComposed(program: Program): program is ComposedProgram<ProgramParts, object, object> {
  return "parts" in program && "with" in program;
}

function isRetrieve(program: Program): program is Retrieve {
  return program.name === "retrieve" && "k" in program && Object.keys(program.predictors()).length === 0;
}
