// What callers do, and what came of it.
import { LmError, program, RunError, UsageError, type Outcome, type Random } from "dspex";
import { early, type House, PROGRAMS, rightAnswer, SPEC, whose } from "./house.ts";
import { odd } from "./odd.ts";

export interface Tally {
  made: number;
  right: number;
  /** Streams that were left, as they were meant to be. */
  left: number;
  readonly codes: Map<string, number>;
  readonly wrong: string[];
  /** Failed in any other way than calls fail. */
  readonly strange: unknown[];
}

export function emptyTally(): Tally {
  return { made: 0, right: 0, left: 0, codes: new Map(), wrong: [], strange: [] };
}

export function answered({ right, left, codes, wrong, strange }: Tally): number {
  return right + left + [...codes.values()].reduce((sum, count) => sum + count, 0) + wrong.length + strange.length;
}

type Answer = { readonly answer: string };
type Way = (house: House, question: string, random: Random, tally: Tally) => Promise<Outcome<Answer> | "left">;

/** Throws what it has drawn. */
const thrower = program({
  name: "thrower",
  parts: { qa: PROGRAMS.qa },
  async forward({ qa }, { question, draw }: { question: string; draw: number }): Promise<Answer> {
    if (draw < 0.5) await qa({ question });
    throw odd(draw);
  },
});

/** Aborts after some milliseconds, with anything. */
function impatient(random: Random): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(odd(random.next())), random.next() * 40);
  return controller.signal;
}

const read = async (items: AsyncIterable<{ readonly type: string; readonly prediction?: unknown }>, most: number) => {
  let count = 0;
  for await (const item of items) {
    if (item.type === "prediction") return { ok: true, value: item.prediction } as Outcome<Answer>;
    count += 1;
    if (count >= most) break;
  }
  return "left" as const;
};

const WAYS: readonly Way[] = [
  ({ system }, question) => system.tryForward(PROGRAMS.qa, { question }),
  ({ system }, question) => system.tryForward(PROGRAMS.twice, { question }),
  ({ system }, question) => system.tryForward(PROGRAMS.own, { question }),
  ({ system }, question) => system.tryForward(early, { question }),
  ({ system }, question) => system.handle(SPEC).tryCall({ question }),
  ({ system }, question, random) => system.handle(SPEC).tryCall({ question }, { signal: impatient(random) }),
  ({ system }, question, random) =>
    system.tryForward(PROGRAMS.qa, { question }, { timeoutMs: Math.ceil(random.next() * 60) }),
  ({ system }, question, random) => system.tryForward(thrower, { question, draw: random.next() }),
  ({ system }, question, random) => read(system.stream(PROGRAMS.qa, { question }), 1 + random.next() * 20),
  ({ system }, question, random) => read(system.handle(SPEC).stream({ question }), 1 + random.next() * 20),
  ({ system }, question, random) => read(system.stream(PROGRAMS.own, { question }), 1 + random.next() * 40),
  ({ system }, question, random) => read(system.stream(PROGRAMS.own, { question }, { signal: impatient(random) }), 1e9),
  ({ system }, question, random) =>
    read(system.stream(PROGRAMS.twice, { question }, { signal: impatient(random) }), 1e9),
];

/** Calls until it is told to stop, in a random way each time. */
export async function caller(house: House, tally: Tally, random: Random, over: () => boolean): Promise<void> {
  while (!over()) {
    const number = (tally.made += 1);
    const way = WAYS[Math.floor(random.next() * WAYS.length)];
    await whose.run(`call ${number}`, async () => {
      // Asked twice at times, so that the cache and its single flight are in it.
      const asked = random.next() < 0.1 ? number % 50 : number;
      try {
        const outcome = await way?.(house, `What is the code of item ${asked}?`, random, tally);
        if (outcome === "left" || outcome === undefined) tally.left += 1;
        else if (!outcome.ok) count(tally, outcome.error);
        else if (outcome.value.answer === rightAnswer(asked)) tally.right += 1;
        else tally.wrong.push(`${asked}: ${outcome.value.answer}`);
      } catch (thrown) {
        // Streams reject.
        count(tally, thrown);
      }
    });
    // A loop of failures that come at once would leave nothing else a turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function count({ codes, strange }: Tally, failure: unknown): void {
  const isOurs = failure instanceof LmError || failure instanceof RunError;
  if (isOurs) codes.set(failure.code, (codes.get(failure.code) ?? 0) + 1);
  else if (failure instanceof UsageError || strange.length < 100) strange.push(failure);
}
