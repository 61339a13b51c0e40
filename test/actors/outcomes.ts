// What each caller gets, and that each gets something: a promise that never settles is the bug these tests look for.
import { RunError } from "../../src/programs/outcome.ts";
import { UsageError } from "../../src/foundation/errors.ts";
import { LM_FAILURES, LmError } from "../../src/lm/failure.ts";
import type { TestClock } from "../../src/testing/test-clock.ts";

export interface Watched {
  readonly what: string;
  readonly settled: boolean;
  /** `ok`, a code, or what else was wrongly thrown. */
  readonly code: string;
  readonly value: unknown;
}

/** Follows a call; an untyped rejection shows in its code. */
export function watch(what: string, call: Promise<unknown>): Watched {
  const watched = { what, settled: false, code: "pending", value: undefined as unknown };
  const settle = (code: string, value: unknown): void => void Object.assign(watched, { settled: true, code, value });
  call.then(
    (value) => {
      // An Outcome, of `tryForward` and `tryCall`, or a prediction.
      const outcome = (value ?? {}) as { readonly ok?: boolean; readonly error?: unknown; readonly value?: unknown };
      if (outcome.ok === false) settle(codeOf(outcome.error), outcome.error);
      else settle("ok", outcome.ok === true ? outcome.value : value);
    },
    (thrown: unknown) => settle(codeOf(thrown), thrown),
  );
  return watched;
}

const CODES: ReadonlySet<string> = new Set([...Object.keys(LM_FAILURES), "misuse", "run_crashed", "program_down"]);

function codeOf(thrown: unknown): string {
  if (thrown instanceof UsageError) return "misuse";
  if ((thrown instanceof LmError || thrown instanceof RunError) && CODES.has(thrown.code)) return thrown.code;
  return `untyped: ${String(thrown)}`;
}

export function untyped(calls: readonly Watched[]): Watched[] {
  return calls.filter(({ code }) => code.startsWith("untyped"));
}

/** Moves time on until every call is settled; gives those that never are. */
export async function playOut(clock: TestClock, calls: readonly Watched[]): Promise<Watched[]> {
  await clock.settle();
  // Nothing in the library waits longer than a call's timeout without a timer; so with no timer left, nothing will come.
  for (let turn = 0; turn < 2_000 && calls.some(({ settled }) => !settled); turn += 1)
    if (!(await clock.advanceToNext())) break;
  return calls.filter(({ settled }) => !settled);
}

export function tally(calls: readonly Watched[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { code } of calls) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}
