import type { Program } from "../../programs/program.ts";
import type { Budget } from "../../lm/budget.ts";
import type { Ledger } from "../../lm/ledger/ledger.ts";

/** What is known of program actors by name, and outlives their processes. */
export interface ProgramDirectory {
  /** What its runs have used; made at its first use, with the budget for all of them together. */
  ledger(name: string, budget: Budget | undefined): Ledger;
  /** The program that it was upgraded to, if it was. */
  current(name: string): Program | undefined;
  upgrade(name: string, program: Program): void;
}

/** @param above the system's */
export function programDirectory(above: Ledger): ProgramDirectory {
  const ledgers = new Map<string, Ledger>();
  const upgrades = new Map<string, Program>();
  return Object.freeze({
    ledger(name: string, budget: Budget | undefined): Ledger {
      const ledger = ledgers.get(name) ?? above.open({ budget, whose: `program "${name}"` });
      ledgers.set(name, ledger);
      return ledger;
    },
    current: (name: string) => upgrades.get(name),
    upgrade: (name: string, program: Program) => void upgrades.set(name, program),
  });
}
