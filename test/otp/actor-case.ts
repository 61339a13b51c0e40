// The data of actor cases: what `actors.json` holds.

export type TraceReason = string | { readonly shutdown: unknown } | { readonly call: TraceReason };
export type CaseTarget = string | { readonly name: string };

/** A driver step or an actor's operation; `do` says which of the other fields count. */
export interface Operation {
  readonly do: string;
  readonly id?: string;
  readonly name?: string;
  readonly trap?: boolean;
  readonly init?: readonly Operation[];
  readonly on?: Readonly<Record<string, readonly Operation[]>>;
  readonly link?: boolean;
  readonly timeout?: number | "infinity";
  readonly to?: CaseTarget;
  readonly msg?: unknown;
  readonly ops?: readonly Operation[];
  readonly reason?: TraceReason;
  readonly ms?: number;
  readonly as?: string;
  readonly flush?: boolean;
  readonly value?: unknown;
  readonly reply?: unknown;
  readonly catch?: boolean;
  readonly settle?: boolean;
}

export interface ActorCase {
  readonly name: string;
  readonly rule: string;
  readonly steps: readonly Operation[];
  readonly expect: ActorTrace;
}

export interface ActorTrace {
  readonly steps: readonly {
    readonly result: unknown;
    readonly events: Readonly<Record<string, readonly unknown[]>>;
  }[];
  readonly final: { readonly alive: readonly string[]; readonly names: Readonly<Record<string, string | null>> };
}
