// What a case of `optimizers*.json` holds: a whole run of an optimizer.
import type { VectorCase } from "../vector-case.ts";
import type { VectorProgram } from "../vector-program.ts";

export type Row = Readonly<Record<string, unknown>>;

export interface OptimizerCase extends VectorCase {
  readonly optimizer: OptimizerOptions;
  readonly program?: VectorProgram & { readonly compiled?: boolean };
  readonly teacher?: VectorProgram & { readonly compiled?: boolean };
  /** Of an ensemble. */
  readonly programs?: readonly VectorProgram[];
  readonly trainset?: readonly Row[];
  readonly valset?: readonly Row[];
  readonly input_keys: readonly string[];
  readonly adapter?: string;
  readonly lm: RuleTable;
  readonly prompt_lm?: RuleTable;
  readonly teacher_lm?: RuleTable;
  readonly program_lm?: RuleTable;
  readonly calls?: readonly Row[];
}

export interface OptimizerOptions {
  readonly name: string;
  readonly metric?: VectorMetric;
  readonly [option: string]: unknown;
}

export interface VectorMetric {
  readonly kind: string;
  readonly field: string;
  readonly table?: readonly (readonly [value: unknown, score: unknown])[];
  readonly default?: unknown;
  /** Of GEPA: what is said besides the score. */
  readonly feedback?: FeedbackTexts & { readonly by_predictor?: Readonly<Record<string, FeedbackTexts>> };
  /** From this score on an answer is right. */
  readonly right_from?: number;
}

export interface FeedbackTexts {
  readonly right: string | null;
  readonly wrong: string | null;
}

/** An LM as data: the first rule whose conditions all hold gives the reply. */
export interface RuleTable {
  readonly rules: readonly Rule[];
}

export interface Rule extends Conditions {
  readonly not?: Conditions;
  readonly min_messages?: number;
  readonly rollout?: number;
  readonly model?: string;
  readonly reply?: RuleReply;
  readonly replies?: readonly RuleReply[];
  /** Its requests are listed in full. */
  readonly proposal?: boolean;
}

export interface Conditions {
  readonly system?: readonly string[];
  readonly demos?: readonly string[];
  readonly last?: readonly string[];
  readonly any?: readonly string[];
}

export type OneReply = string | { readonly fields: Row } | { readonly error: string; readonly message?: string };

export type RuleReply = OneReply | readonly OneReply[];
