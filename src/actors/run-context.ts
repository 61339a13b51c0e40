import type { Adapter } from "../adapters/adapter.ts";
import type { RetryPolicy } from "../lm/retry-policy.ts";
import type { CallContext, ContextClient } from "../programs/call-context.ts";
import { pickClient } from "../programs/pick-client.ts";
import type { Program } from "../programs/program.ts";
import type { Self } from "../runtime/self.ts";
import { cachedLm } from "./cached-lm.ts";
import { runDecided } from "./run-events.ts";
import { type OpenRequests, supervisedLm } from "./supervised-lm.ts";
import { type ClientDescription, systemEnv } from "./system-env.ts";

export interface RunFacts {
  readonly runId: string;
  readonly program: Program;
  readonly requests: OpenRequests;
  readonly retry?: RetryPolicy;
  readonly adapter?: Adapter;
}

/** The call context of a program that runs in a process: its models are clients in the tree, its signal the run's life. */
export function runContext(self: Self, facts: RunFacts): CallContext {
  const { runtime } = self;
  const env = systemEnv(runtime);
  const clients = new Map<string, ContextClient>();

  return Object.freeze({
    runId: facts.runId,
    signal: self.signal,
    clock: runtime.clock,
    random: env.random,
    retry: facts.retry ?? env.retry,
    ...(facts.adapter && { adapter: facts.adapter }),
    log: {
      contents: env.logContents,
      event: (name: string, level: "debug" | "info" | "warn", told: Readonly<Record<string, unknown>>) => {
        const about = { system: runtime.name, at: runtime.clock.wallTime() };
        runDecided.publish({ ...about, run: facts.runId, program: facts.program.name, name, level, facts: told });
      },
    },
    async client(name?: string): Promise<ContextClient> {
      const chosen = pickClient(env.clients.names(), name);
      const known = clients.get(chosen);
      if (known !== undefined) return known;
      // It is one of the directory's names.
      const described = env.clients.get(chosen) as ClientDescription;
      const asked = supervisedLm(self, chosen, described, facts.requests);
      const made: ContextClient = Object.freeze({
        name: chosen,
        lm: env.cache ? cachedLm(self, asked) : asked,
        ...(described.adapter && { adapter: described.adapter }),
      });
      clients.set(chosen, made);
      return made;
    },
  });
}
