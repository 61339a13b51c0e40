import type { Adapter } from "../adapters/adapter.ts";
import { UsageError } from "../foundation/errors.ts";
import type { RandomStreams } from "../foundation/random.ts";
import type { LmCapabilities } from "../lm/language-model.ts";
import type { Ledger } from "../lm/ledger/ledger.ts";
import type { CostOf, PriceTable } from "../lm/prices.ts";
import type { RetryPolicy } from "../lm/retry/retry-policy.ts";
import { mainClients } from "../programs/pick-client.ts";
import type { Job } from "../teleprompters/job/job.ts";
import type { Runtime } from "../runtime/actor.ts";
import type { RetrieverState } from "./client/retriever-state.ts";
import type { ProviderState } from "./client/provider-state.ts";
import type { OpenCalls } from "./open-calls.ts";
import type { ProgramDirectory } from "./program/program-directory.ts";

/** What all actors of one system share, besides the runtime. */
export interface SystemEnv {
  readonly kind: "dspex-system";
  readonly clients: ClientDirectory;
  /** The clients that have a retriever, written by each as it comes up, with what outlives its process. */
  readonly retrievers: Map<string, RetrieverState>;
  readonly programs: ProgramDirectory;
  /** Jobs by name, written by each at its start: what outlives their processes. */
  readonly jobs: Map<string, Job>;
  readonly random: RandomStreams;
  readonly retry: RetryPolicy;
  /** The user's own: what answers cost is looked up where a model is opened. */
  readonly prices: PriceTable;
  /** What all of it has used, its budget applied. */
  readonly ledger: Ledger;
  /** Whether the tree has a cache to ask first. */
  readonly cache: boolean;
  /** Whether run events may hold prompts and answers. */
  readonly logContents: boolean;
  /** The way in for calls from app code. */
  readonly openCalls: OpenCalls;
  /** Aborted when the tree is being stopped, for those that cannot hear it from their supervisor yet. */
  readonly stopping: AbortSignal;
  nextRunId(): string;
}

/** What programs must know of a client before they ask it anything. */
export interface ClientDescription {
  readonly provider: string;
  readonly model: string;
  /** As the model has it: see `LanguageModel`. */
  readonly identity: string | undefined;
  readonly capabilities: LmCapabilities;
  /** Of its model's answers: what a request may cost, before it is made. Undefined: not known. */
  readonly price: CostOf | undefined;
  readonly adapter: Adapter | undefined;
  /** Names of the clients to ask instead. */
  readonly fallback: readonly string[];
  /** How long a request waits in line before they are asked. */
  readonly fallbackAfterMs: number | undefined;
  readonly hedgeAfterMs: number | undefined;
  /** Requests at once, as its limits say; `Infinity` for no limit. */
  readonly concurrency: number;
}

/**
 * The clients by name, written by each client as it comes up. Reading it costs no message, so that a run can choose its
 * adapter even while the client it will ask is being restarted.
 */
export interface ClientDirectory {
  set(name: string, client: ClientDescription): void;
  get(name: string): ClientDescription | undefined;
  names(): readonly string[];
  /** Those that are meant where a program names none. */
  unnamed(): readonly string[];
  /** What outlives the client's process; made at its first start. */
  remember(name: string, make: () => ProviderState): ProviderState;
  memory(name: string): ProviderState | undefined;
}

export function clientDirectory(): ClientDirectory {
  const clients = new Map<string, ClientDescription>();
  const memories = new Map<string, ProviderState>();
  /** Asked for by each call. */
  let names: readonly string[] = [];
  let unnamed: readonly string[] = [];
  return Object.freeze({
    set(name: string, client: ClientDescription): void {
      clients.set(name, client);
      names = Object.freeze([...clients.keys()]);
      unnamed = Object.freeze(mainClients([...clients].map(([each, { fallback }]) => ({ name: each, fallback }))));
    },
    get: (name: string) => clients.get(name),
    names: () => names,
    unnamed: () => unnamed,
    remember(name: string, make: () => ProviderState): ProviderState {
      const memory = memories.get(name) ?? make();
      memories.set(name, memory);
      return memory;
    },
    memory: (name: string) => memories.get(name),
  });
}

/** @throws UsageError in a runtime that `startSystem` did not make */
export function systemEnv(runtime: Runtime): SystemEnv {
  const { env } = runtime;
  const known = typeof env === "object" && env !== null && "kind" in env && env.kind === "dspex-system";
  if (!known) throw new UsageError(`clients and programs run in a system: start them with startSystem`);
  // `kind` is ours alone.
  return env as SystemEnv;
}
