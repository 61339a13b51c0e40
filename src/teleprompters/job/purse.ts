import { heard } from "../../foundation/heard.ts";
import type { Budget } from "../../lm/budget.ts";
import {
  type Account,
  allowance,
  type Grant,
  NEW_ACCOUNT,
  NOTHING,
  plus,
  type Spent,
  type Wanted,
  withKinds,
} from "./allowance.ts";
import type { AskDone } from "./job-log.ts";

/** The budget was spent: nothing further is asked. */
export class CutOff extends Error {
  override readonly name = "CutOff";
}

/**
 * A job's budget, which is granted in the order of asking. What is granted depends on what was asked and delivered, and on
 * nothing of its timing: so also asks that are answered from the records are looked at, as they were in their own time.
 */
export interface Purse {
  /**
   * Waits until so many trials of an ask may be run, or some of them. Called as they are asked for, in that order.
   * @throws CutOff (rejects) where there is room for none
   */
  admit(ask: number, wanted: Promise<Wanted>): Promise<Grant>;
  /**
   * The same for what its grant was not enough for: once all before it are delivered, and nothing else is under way.
   * @throws CutOff (rejects)
   */
  admitRest(ask: number, wanted: Wanted): Promise<Grant>;
  /** An ask that is answered from the records reserves what it did when it was run. */
  reserve(ask: number, wanted: Promise<Wanted>): void;
  /** What an ask was granted is over, and took so much. */
  took(ask: number, spent: Spent): void;
  /** Resolves when everything that was asked for has been looked at as things stand. */
  settled(): Promise<void>;
  /** In the order of asking, and after `settled`: what an ask was looked at for is known by then, and learnt from. */
  delivered(ask: number, done: AskDone): void;
  /** Of the asks that were delivered. */
  readonly account: Account;
}

interface Open {
  /** When all of it was granted at once. Stays until it is delivered. */
  readonly reserved: Spent;
  /** By what of it is over. */
  readonly took: Spent;
}

const UNOPENED: Open = { reserved: NOTHING, took: NOTHING };

export function makePurse(budget: Budget): Purse {
  let account = NEW_ACCOUNT;
  /** The last ask that was delivered, and the last one that was granted all that it asked for. */
  let delivered = 0;
  let admitted = 0;
  const open = new Map<number, Open>();
  /** What was asked for first, until it is delivered. */
  const asked = new Map<number, Wanted>();
  /** Asks of which something is under way. */
  const busy = new Set<number>();
  const guesses = new Set<Promise<unknown>>();
  let changed = Promise.withResolvers<void>();
  const tell = (): void => {
    const before = changed;
    changed = Promise.withResolvers();
    before.resolve();
  };
  const sum = (name: keyof Open): Spent => [...open.values()].reduce((all, each) => plus(all, each[name]), NOTHING);
  const settled = async (): Promise<void> => {
    do {
      await Promise.allSettled(guesses);
      // What that has set off has run by then.
      await new Promise(setImmediate);
    } while (guesses.size > 0);
  };
  const guessed = async (ask: number, guess: Promise<Wanted>): Promise<Wanted> => {
    guesses.add(guess);
    try {
      const wanted = await guess;
      asked.set(ask, wanted);
      return wanted;
    } finally {
      guesses.delete(guess);
    }
  };

  /** The first look at an ask. Undefined: it was delivered before there was room. */
  const look = async (ask: number, wanted: Wanted): Promise<Grant | undefined> => {
    const trials = wanted.parts.reduce((sum, part) => sum + part.trials, 0);
    for (;;) {
      if (ask <= delivered) return undefined;
      const alone = delivered === ask - 1;
      const seen = { ...account, reserved: sum("reserved") };
      const grant = ask > admitted + 1 ? "wait" : allowance(budget, seen, wanted, alone);
      if (grant === "cut") {
        // What was delivered just now may still make a candidate the best.
        await settled();
        throw new CutOff("the budget is spent");
      }
      if (grant === "wait") {
        await changed.promise;
        continue;
      }
      const isWhole = grant.trials === trials;
      open.set(ask, { reserved: isWhole ? grant.reserve : NOTHING, took: NOTHING });
      // Of which only a part was granted has the rest of the budget to itself until it is delivered.
      if (isWhole) {
        admitted = ask;
        tell();
      }
      return grant;
    }
  };

  return Object.freeze({
    get account() {
      return account;
    },
    settled,
    async admit(ask: number, wanted: Promise<Wanted>): Promise<Grant> {
      const grant = await look(ask, await guessed(ask, wanted));
      // It is delivered by who asks for this.
      if (grant === undefined) throw new CutOff("it was delivered already");
      busy.add(ask);
      return grant;
    },
    async admitRest(ask: number, wanted: Wanted): Promise<Grant> {
      for (;;) {
        await settled();
        if (delivered === ask - 1 && busy.size === 0) break;
        await changed.promise;
      }
      // Nobody makes use of what is reserved now, nor is granted anything more until this one is delivered.
      const grant = allowance(budget, { ...account, reserved: sum("took") }, wanted, true);
      if (grant === "cut" || grant === "wait") throw new CutOff("the budget is spent");
      busy.add(ask);
      return grant;
    },
    reserve(ask: number, wanted: Promise<Wanted>) {
      void heard(guessed(ask, wanted).then((each) => look(ask, each)));
    },
    took(ask: number, spent: Spent) {
      const own = open.get(ask) ?? UNOPENED;
      open.set(ask, { ...own, took: plus(own.took, spent) });
      busy.delete(ask);
      tell();
    },
    delivered(ask: number, { spent, by, most }: AskDone) {
      open.delete(ask);
      const kinds = withKinds(account.kinds, asked.get(ask)?.parts ?? [], spent, by);
      asked.delete(ask);
      account = { ...account, spent: plus(account.spent, spent), kinds, most: Math.max(account.most, most) };
      delivered = ask;
      admitted = Math.max(admitted, ask);
      tell();
    },
  } satisfies Purse);
}
