// The data of supervision cases: what `vectors.json` holds.
import type { TraceReason } from "./actor-case.ts";

export interface CaseNode {
  readonly id: string;
  readonly type?: "worker" | "supervisor";
  readonly restart?: string;
  readonly shutdown?: "brutal_kill" | "infinity" | number;
  readonly significant?: boolean;
  readonly start?: {
    readonly fail_on?: readonly number[];
    readonly ignore_on?: readonly number[];
    readonly delay_ms?: Readonly<Record<string, number>>;
  };
  readonly stop?: { readonly ignore?: boolean; readonly delay_ms?: number; readonly reason?: TraceReason };
  readonly strategy?: string;
  readonly intensity?: number;
  readonly period?: number;
  readonly auto_shutdown?: string;
  readonly max_children?: number;
  readonly children?: readonly CaseNode[];
}

export interface SupervisionStep {
  readonly do: string;
  readonly id?: string;
  readonly sup?: string;
  readonly child?: CaseNode;
  readonly reason?: TraceReason;
  readonly ms?: number;
  readonly settle?: boolean;
}

export interface SupervisionCase {
  readonly name: string;
  readonly rule: string;
  readonly order: "total" | "per_id";
  readonly tree: CaseNode;
  readonly steps: readonly SupervisionStep[];
  readonly expect: SupervisionTrace;
}

export interface TraceEvent {
  readonly event: string;
  readonly id: string;
  readonly generation: number;
  readonly reason?: unknown;
}

export interface SupervisionTrace {
  readonly start: unknown;
  readonly boot: readonly TraceEvent[];
  readonly steps: readonly { readonly result: unknown; readonly events: readonly TraceEvent[] }[];
  readonly final: unknown;
  readonly teardown: readonly TraceEvent[];
}
