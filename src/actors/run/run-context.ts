import { heard } from "../../foundation/heard.ts";
import { stamp } from "../../foundation/telemetry.ts";
import type { Adapter } from "../../adapters/adapter.ts";
import type { LanguageModel } from "../../lm/language-model.ts";
import { priceOf } from "../../lm/prices.ts";
import type { RetryPolicy } from "../../lm/retry/retry-policy.ts";
import type { PartListener } from "../../programs/answer-part.ts";
import type { CallContext, ContextClient, ContextRetriever } from "../../programs/call-context.ts";
import { pickClient, pickRetriever } from "../../programs/pick-client.ts";
import type { Program } from "../../programs/program.ts";
import type { TraceStep } from "../../programs/prediction.ts";
import type { Self } from "../../runtime/actor.ts";
import { cachedLm } from "../cache/cached-lm.ts";
import { runDecided } from "./run-events.ts";
import { type OpenRequests, type RunRequests, supervisedLm } from "./supervised-lm.ts";
import { supervisedRetriever } from "./supervised-retriever.ts";
import { type ClientDescription, systemEnv } from "../system-env.ts";

export interface RunFacts extends RunRequests {
  readonly program: Program;
  readonly requests: OpenRequests;
  readonly retry?: RetryPolicy | undefined;
  readonly adapter?: Adapter | undefined;
  readonly parts?: PartListener | undefined;
  /** Told of each predictor's call as it ends. */
  readonly onStep?: ((step: TraceStep) => void) | undefined;
}

/** The call context of a program that runs in a process: its models are clients in the tree, its signal the run's life. */
export function runContext(self: Self, facts: RunFacts): CallContext {
  const { runtime } = self;
  const env = systemEnv(runtime);
  const clients = new Map<string, ContextClient>();
  const retrievers = new Map<string, ContextRetriever>();
  /** What a client's model is to this run. The name is one of the directory's. */
  const modelOf = (name: string): LanguageModel => {
    const asked = supervisedLm(self, name, env.clients.get(name) as ClientDescription, facts.requests, facts);
    return env.cache ? cachedLm(self, asked) : asked;
  };
  const asked = (name: string) => {
    const lm = modelOf(name);
    const price = priceOf(env.prices, lm.model);
    return { name, lm, ...(price && { price }) };
  };

  const clientOf = async (name?: string): Promise<ContextClient> => {
    const chosen = pickClient(env.clients.names(), name);
    const known = clients.get(chosen);
    if (known !== undefined) return known;
    // It is one of the directory's names.
    const described = env.clients.get(chosen) as ClientDescription;
    const fallbacks = described.fallback.map((each) => asked(pickClient(env.clients.names(), each)));
    const made: ContextClient = Object.freeze({
      ...asked(chosen),
      ...(described.adapter && { adapter: described.adapter }),
      ...(fallbacks.length > 0 && { fallbacks }),
    });
    clients.set(chosen, made);
    return made;
  };
  const retrieverOf = async (name?: string): Promise<ContextRetriever> => {
    const chosen = pickRetriever([...env.retrievers], name);
    const known = retrievers.get(chosen);
    if (known !== undefined) return known;
    const retriever = supervisedRetriever(self, chosen, facts.requests, facts);
    const made: ContextRetriever = Object.freeze({ name: chosen, retriever });
    retrievers.set(chosen, made);
    return made;
  };

  return Object.freeze({
    runId: facts.runId,
    signal: self.signal,
    clock: runtime.clock,
    endsAt: facts.endsAt,
    random: env.random,
    retry: facts.retry ?? env.retry,
    ...(facts.adapter && { adapter: facts.adapter }),
    ...(facts.parts && { parts: facts.parts }),
    ...(facts.onStep && { trace: facts.onStep }),
    log: {
      contents: env.logContents,
      event: (name: string, level: "debug" | "info" | "warn", told: Readonly<Record<string, unknown>>) => {
        if (!runDecided.active) return;
        const about = stamp(runtime);
        runDecided.publish({ ...about, run: facts.runId, program: facts.program.name, name, level, facts: told });
      },
    },
    client: (name?: string) => heard(clientOf(name)),
    retriever: (name?: string) => heard(retrieverOf(name)),
  });
}
