import { digestOf } from "../../programs/identity/digest-of.ts";
import type { JobStep } from "./job-board.ts";

/** A step as the journal has it: for people, and for those who follow a job from another process. */
export interface StepRecord {
  readonly trial: number;
  readonly name: string;
  readonly score: number;
  readonly best: number | undefined;
  readonly full: boolean;
  readonly program: string;
  readonly lmCalls: number;
  readonly tokens: number;
  readonly usd: number;
}

export function stepRecord(step: JobStep): StepRecord {
  const { trial, name, score, best, full, program, lmCalls, tokens, usd } = step;
  return { trial, name, score, best, full, program: digestOf(program).slice(0, 22), lmCalls, tokens, usd };
}
