import { DspexError } from "../../foundation/errors.ts";
import type { Ground } from "./grounds.ts";
import type { JournalIndex } from "./journal-index.ts";

/** What an evaluation has that is otherwise than in its journal. */
export type JournalChange = "program" | "client" | "metric" | "examples";

/** The journal is of another evaluation, and `onMismatch` is `"refuse"`. `details.changed` lists what is otherwise. */
export class JournalMismatchError extends DspexError<"journal_mismatch"> {
  override readonly name = "JournalMismatchError";

  constructor(path: string, changed: readonly JournalChange[]) {
    const what = changed.map((each) => WORDS[each]).join(", ");
    super(`${path} is the journal of another evaluation: ${what}`, {
      code: "journal_mismatch",
      retryable: false,
      details: { path, changed },
    });
  }
}

const WORDS: Readonly<Record<JournalChange, string>> = {
  program: "it has predictions of another program, or of this one before it was changed",
  client: "it has predictions of another client or model",
  metric: "it has scores by another metric",
  examples: "it was begun on other examples",
};

/** What is otherwise. @param set a digest of the examples that are there now; undefined where they come as a stream */
export function changesIn(
  { grounds, sets, otherScores }: JournalIndex,
  now: readonly Ground[],
  set: string | undefined,
): readonly JournalChange[] {
  const changed = new Set<JournalChange>();
  for (const { count, ...ground } of grounds.values()) if (count > 0) addAll(changed, changeOf(ground, now));
  if (otherScores > 0) changed.add("metric");
  if (set !== undefined && sets.size > 0 && !sets.has(set)) changed.add("examples");
  return [...changed];
}

/** What sets recorded predictions apart from all that are asked for now; nothing where they are among those. */
export function changeOf(
  { program, clients }: Omit<Ground, "id">,
  now: readonly Ground[],
): readonly ("program" | "client")[] {
  const sameProgram = now.filter((each) => each.program === program);
  if (sameProgram.some((each) => each.clients === clients && clients !== undefined)) return [];
  if (sameProgram.length > 0) return ["client"];
  return now.some((each) => each.clients === clients) ? ["program"] : ["program", "client"];
}

function addAll<Value>(set: Set<Value>, values: readonly Value[]): void {
  for (const value of values) set.add(value);
}
