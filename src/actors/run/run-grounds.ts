import type { Clock } from "../../foundation/clock.ts";
import type { LanguageModel } from "../../lm/language-model.ts";
import type { PartListener } from "../../programs/answer-part.ts";
import type { ContextClient, ContextRetriever, RunGrounds, RunLog } from "../../programs/call-context.ts";
import { pickClient, pickRetriever } from "../../programs/pick-client.ts";
import type { TraceStep } from "../../programs/prediction.ts";
import type { Program } from "../../programs/program.ts";
import type { RunTerms } from "../../programs/run-terms.ts";
import type { Self } from "../../runtime/actor.ts";
import { cachedLm } from "../cache/cached-lm.ts";
import { type ClientDescription, type SystemEnv, systemEnv } from "../system-env.ts";
import { aboutRun, runDecided } from "./run-events.ts";
import type { OpenRequests } from "./open-requests.ts";
import { supervisedLm } from "./supervised-lm.ts";
import { supervisedRetriever } from "./supervised-retriever.ts";

/** What is to be run, and how. */
export interface RunOrder {
  readonly program: Program;
  readonly inputs: object;
  readonly terms: RunTerms;
  /** Told what the answers bring while they come. */
  readonly parts?: PartListener | undefined;
}

/**
 * What a program stands on that runs in a process: its models are clients in the tree, its signal the run's life.
 *
 * @param requests takes what is under way
 * @param steps takes the trace; undefined: nobody wants one
 */
export function runGrounds(
  self: Self,
  { program, terms, parts }: RunOrder,
  requests: OpenRequests,
  steps: TraceStep[] | undefined,
): RunGrounds {
  return new ProcessGrounds(self, program, terms, parts, requests, steps);
}

// A class, since there is one for each run, with ten thousand runs at once: its methods are shared.
class ProcessGrounds implements RunGrounds, RunLog {
  // Its requests are linked to it.
  readonly endsItsWork = true;
  readonly terms: RunTerms;
  readonly parts: PartListener | undefined;
  readonly steps: TraceStep[] | undefined;
  readonly #self: Self;
  readonly #env: SystemEnv;
  readonly #program: Program;
  readonly #requests: OpenRequests;
  /** A list, as there is most often one, and a map for it would be ten times as much. */
  #clients: readonly ContextClient[] = [];
  #retrievers: Map<string, ContextRetriever> | undefined;

  constructor(
    self: Self,
    program: Program,
    terms: RunTerms,
    parts: PartListener | undefined,
    requests: OpenRequests,
    steps: TraceStep[] | undefined,
  ) {
    this.#self = self;
    this.#env = systemEnv(self.runtime);
    this.#program = program;
    this.#requests = requests;
    this.terms = terms;
    this.parts = parts;
    this.steps = steps;
  }

  get signal(): AbortSignal {
    return this.#self.signal;
  }

  get clock(): Clock {
    return this.#self.runtime.clock;
  }

  get log(): RunLog {
    return this;
  }

  get contents(): boolean {
    return this.#env.logContents;
  }

  event(name: string, level: "debug" | "info" | "warn", facts: Readonly<Record<string, unknown>>): void {
    if (!runDecided.active) return;
    runDecided.publish({ ...aboutRun(this.#self, this.#program.name, this.terms), name, level, facts });
  }

  async client(name?: string): Promise<ContextClient> {
    const { clients } = this.#env;
    const chosen = pickClient(clients.names(), name, clients.unnamed());
    const known = this.#clients.find((each) => each.name === chosen);
    if (known !== undefined) return known;
    // It is one of the directory's names.
    const { adapter, fallback, fallbackAfterMs } = clients.get(chosen) as ClientDescription;
    const made: { -readonly [Name in keyof ContextClient]: ContextClient[Name] } = this.#asked(chosen);
    if (adapter !== undefined) made.adapter = adapter;
    if (fallback.length > 0) made.fallbacks = fallback.map((each) => this.#asked(pickClient(clients.names(), each)));
    if (fallbackAfterMs !== undefined) made.fallbackAfterMs = fallbackAfterMs;
    this.#clients = this.#clients.concat(Object.freeze(made));
    return made;
  }

  async retriever(name?: string): Promise<ContextRetriever> {
    const chosen = pickRetriever([...this.#env.retrievers.keys()], name);
    const retrievers = (this.#retrievers ??= new Map<string, ContextRetriever>());
    const known = retrievers.get(chosen);
    if (known !== undefined) return known;
    const retriever = supervisedRetriever(this.#self, chosen, this.#requests, this.terms);
    const made: ContextRetriever = Object.freeze({ name: chosen, retriever });
    retrievers.set(chosen, made);
    return made;
  }

  #asked(name: string): Pick<ContextClient, "name" | "lm"> {
    return { name, lm: this.#modelOf(name) };
  }

  /** What a client's model is to this run. The name is one of the directory's. */
  #modelOf(name: string): LanguageModel {
    const described = this.#env.clients.get(name) as ClientDescription;
    const asked = supervisedLm(this.#self, name, described, this.#requests, this.terms);
    return this.#env.cache ? cachedLm(this.#self, asked, this.terms.run) : asked;
  }
}
