import type { Budget } from "../../lm/budget.ts";
import {
  type Account,
  allowance,
  type Grant,
  NEW_ACCOUNT,
  NOTHING,
  plus,
  type Spent,
  type TrialGuess,
} from "./allowance.ts";
import type { AskDone } from "./job-log.ts";

/** The budget was spent: nothing further is asked. */
export class CutOff extends Error {
  override readonly name = "CutOff";
}

/** A job's budget, which is granted in the order of asking. */
export interface Purse {
  /**
   * Waits until so many trials of an ask may be run, or some of them.
   * @param guess of one of them
   * @throws CutOff (rejects) where there is room for none
   */
  admit(ask: number, trials: number, guess: TrialGuess): Promise<Grant>;
  /** Some of what an ask was granted is over, and took so much. */
  took(ask: number, spent: Spent): void;
  /** In the order of asking. */
  delivered(ask: number, done: AskDone): void;
  /** Of the asks that were delivered. */
  readonly account: Account;
}

interface Open {
  /** Stays until it is delivered, so that what others see of it does not depend on when its trials ended. */
  readonly reserved: Spent;
  /** By what of it is over; nobody but the ask itself sees it. */
  readonly took: Spent;
}

const UNOPENED: Open = { reserved: NOTHING, took: NOTHING };

export function makePurse(budget: Budget): Purse {
  let account = NEW_ACCOUNT;
  /** The last ask that was delivered, and the last one that was granted all that it asked for. */
  let delivered = 0;
  let admitted = 0;
  const open = new Map<number, Open>();
  let changed = Promise.withResolvers<void>();
  const tell = (): void => {
    const before = changed;
    changed = Promise.withResolvers();
    before.resolve();
  };
  const seenBy = (ask: number): Account => {
    const others = [...open].filter(([each]) => each !== ask);
    return {
      ...account,
      spent: plus(account.spent, (open.get(ask) ?? UNOPENED).took),
      reserved: others.reduce((sum, [, { reserved }]) => plus(sum, reserved), NOTHING),
    };
  };

  return Object.freeze({
    get account() {
      return account;
    },
    async admit(ask: number, trials: number, guess: TrialGuess): Promise<Grant> {
      for (;;) {
        const alone = delivered === ask - 1;
        const grant = ask > admitted + 1 ? "wait" : allowance(budget, seenBy(ask), guess, trials, alone);
        if (grant === "cut") throw new CutOff("the budget is spent");
        if (grant === "wait") {
          await changed.promise;
          continue;
        }
        const own = open.get(ask) ?? UNOPENED;
        open.set(ask, { ...own, reserved: plus(own.reserved, grant.reserve) });
        if (grant.trials === trials && ask > admitted) {
          admitted = ask;
          tell();
        }
        return grant;
      }
    },
    took(ask: number, spent: Spent) {
      const own = open.get(ask) ?? UNOPENED;
      open.set(ask, { ...own, took: plus(own.took, spent) });
    },
    delivered(ask: number, { spent, seen, most }: AskDone) {
      open.delete(ask);
      const trials = account.trials + seen.length;
      account = { ...account, spent: plus(account.spent, spent), trials, most: Math.max(account.most, most) };
      delivered = ask;
      admitted = Math.max(admitted, ask);
      tell();
    },
  } satisfies Purse);
}
