import type { Adapter } from "../adapters/adapter.ts";
import { systemClock } from "../foundation/clock.ts";
import type { Clock } from "../foundation/clock.ts";
import { UsageError, describe } from "../foundation/errors.ts";
import { systemRandom } from "../foundation/random.ts";
import type { Random } from "../foundation/random.ts";
import type { LanguageModel, LmSpec } from "../lm/language-model.ts";
import { backoff } from "../lm/retry-policy.ts";
import type { RetryPolicy } from "../lm/retry-policy.ts";
import type { PartListener } from "./answer-part.ts";
import { SILENT_LOG } from "./call-context.ts";
import type { CallContext, ContextClient, RunLog } from "./call-context.ts";
import { pickClient } from "./pick-client.ts";
import type { Prediction, Program } from "./program.ts";
import { withTrace } from "./trace.ts";
import type { TraceStep } from "./trace.ts";

export interface ForwardOptions {
  /** Models by client name. A spec is opened when the program first asks for it, and closed after the call. */
  readonly clients: Readonly<Record<string, LanguageModel | LmSpec>>;
  /** Default: never aborted. */
  readonly signal?: AbortSignal;
  /** Default `backoff()`. */
  readonly retry?: RetryPolicy;
  /** Default: real time. */
  readonly clock?: Clock;
  /** Default: real randomness. */
  readonly random?: Random;
  /** Default: none. */
  readonly log?: RunLog;
  /** Goes before the program's own. */
  readonly adapter?: Adapter;
  /** Whether `$meta.trace` tells every predictor's call; default false. */
  readonly trace?: boolean;
}

/**
 * Runs a program bare, for tests and scripts: no system, no process, no supervision. What the program does is the same
 * under `system.forward`.
 *
 * @throws LmError `no_such_client` (rejects) for a client that is not in `clients`; and whatever the program throws
 */
export function forward<Inputs extends object, Outputs extends object>(
  program: Program<Inputs, Outputs>,
  inputs: NoInfer<Inputs>,
  options: ForwardOptions,
): Promise<Prediction<Outputs>> {
  return forwardTelling(program, inputs, options);
}

/** The same, with somebody who listens to the answers as they come. */
export async function forwardTelling<Inputs extends object, Outputs extends object>(
  program: Program<Inputs, Outputs>,
  inputs: Inputs,
  options: ForwardOptions,
  parts?: PartListener,
): Promise<Prediction<Outputs>> {
  const opened: Promise<LanguageModel>[] = [];
  const steps: TraceStep[] = [];
  try {
    const context = bareContext(options, opened, (step) => void steps.push(step), parts);
    const made = await program.forward(inputs, context);
    return options.trace ? withTrace(made, steps) : made;
  } finally {
    // A model that could not be opened has nothing to close; whoever asked for it has its error.
    await Promise.allSettled(opened.map(async (model) => (await model).close()));
  }
}

function bareContext(
  options: ForwardOptions,
  opened: Promise<LanguageModel>[],
  trace: (step: TraceStep) => void,
  parts: PartListener | undefined,
): CallContext {
  const clients = new Map(Object.entries(options.clients));
  const models = new Map<string, Promise<LanguageModel>>();
  const random = options.random ?? systemRandom;
  const signal = options.signal ?? new AbortController().signal;

  const modelOf = (name: string, source: LanguageModel | LmSpec): Promise<LanguageModel> => {
    const isObject = typeof source === "object" && source !== null;
    // What can already be asked is used as it is and stays open: it is its owner's to close.
    if (isObject && "generate" in source) return Promise.resolve(source);
    if (!isObject || typeof source.open !== "function") {
      throw new UsageError(`forward: client "${name}" must be a language model or its spec, got ${describe(source)}`);
    }
    const model = source.open({ signal });
    opened.push(model);
    return model;
  };

  return Object.freeze({
    runId: `bare-${Math.floor(random.next() * 2 ** 32).toString(36)}`,
    signal,
    clock: options.clock ?? systemClock,
    random,
    retry: options.retry ?? backoff(),
    log: options.log ?? SILENT_LOG,
    ...(options.adapter && { adapter: options.adapter }),
    ...(options.trace && { trace }),
    ...(parts && { parts }),
    async client(name?: string): Promise<ContextClient> {
      const chosen = pickClient([...clients.keys()], name);
      // pickClient gives a name that is there.
      const model = models.get(chosen) ?? modelOf(chosen, clients.get(chosen)!);
      models.set(chosen, model);
      return Object.freeze({ name: chosen, lm: await model });
    },
  });
}
