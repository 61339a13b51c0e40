// The data of task cases: what `tasks.json` holds.
import type { TraceReason } from "./actor-case.ts";

/** What a task does: `after` so many ms it gives a value, exits, or raises; or it hangs for ever. */
export interface TaskBehaviour {
  readonly after?: number;
  readonly value?: unknown;
  readonly exit?: TraceReason;
  readonly raise?: boolean;
  readonly hang?: boolean;
  readonly trap?: boolean;
}

export interface TaskStep {
  readonly do: string;
  readonly id?: string;
  readonly ids?: readonly string[];
  readonly link?: boolean;
  readonly does?: TaskBehaviour;
  readonly timeout?: number | "infinity" | "brutal_kill";
  readonly catch?: boolean;
  readonly reason?: TraceReason;
  readonly ms?: number;
}

interface CommonCase {
  readonly name: string;
  readonly rule: string;
  readonly trap?: boolean;
}

export interface AsyncCase extends CommonCase {
  readonly kind: "async";
  readonly watch?: number;
  readonly steps: readonly TaskStep[];
  readonly expect: {
    readonly results: readonly unknown[];
    readonly caller: unknown;
    readonly messages: readonly unknown[];
    readonly tasks: Readonly<Record<string, TaskEnd>>;
  };
}

export interface StreamCase extends CommonCase {
  readonly kind: "stream";
  readonly take?: number;
  readonly consume_ms?: number;
  readonly inputs: readonly TaskBehaviour[];
  readonly options: {
    readonly max_concurrency: number;
    readonly ordered?: boolean;
    readonly timeout?: number | "infinity";
    readonly on_timeout?: "exit" | "kill_task";
    readonly link?: boolean;
  };
  readonly expect: {
    readonly results: readonly unknown[];
    readonly caller: unknown;
    readonly max_running: number;
    readonly tasks: readonly (TaskEnd | "not_started")[];
  };
}

export interface TaskEnd {
  readonly finished: boolean;
  readonly ended: unknown;
}

export type TaskCase = AsyncCase | StreamCase;
