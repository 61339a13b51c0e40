import type { Program } from "../../programs/program.ts";
import { type Account, makeAccount } from "../client/account.ts";

/** What is known of program actors by name, and outlives their processes. */
export interface ProgramDirectory {
  /** What its runs have used. */
  account(name: string): Account;
  /** The program that it was upgraded to, if it was. */
  current(name: string): Program | undefined;
  upgrade(name: string, program: Program): void;
}

export function programDirectory(): ProgramDirectory {
  const accounts = new Map<string, Account>();
  const upgrades = new Map<string, Program>();
  return Object.freeze({
    account(name: string): Account {
      const account = accounts.get(name) ?? makeAccount();
      accounts.set(name, account);
      return account;
    },
    current: (name: string) => upgrades.get(name),
    upgrade: (name: string, program: Program) => void upgrades.set(name, program),
  });
}
