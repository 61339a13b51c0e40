import type { Adapter } from "../adapters/adapter.ts";
import { systemClock } from "../foundation/clock.ts";
import type { Clock } from "../foundation/clock.ts";
import { UsageError, describe } from "../foundation/errors.ts";
import { systemRandom } from "../foundation/random.ts";
import type { Random } from "../foundation/random.ts";
import { LmError } from "../lm/failure.ts";
import type { LanguageModel, LmSpec } from "../lm/language-model.ts";
import { backoff } from "../lm/retry-policy.ts";
import type { RetryPolicy } from "../lm/retry-policy.ts";
import { SILENT_LOG } from "./call-context.ts";
import type { CallContext, ContextClient, RunLog } from "./call-context.ts";
import type { Prediction, Program } from "./program.ts";

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
}

/**
 * Runs a program bare, for tests and scripts: no system, no process, no supervision. What the program does is the same
 * under `system.forward`.
 *
 * @throws LmError `no_such_client` (rejects) for a client that is not in `clients`; and whatever the program throws
 */
export async function forward<Inputs extends object, Outputs extends object>(
  program: Program<Inputs, Outputs>,
  inputs: NoInfer<Inputs>,
  options: ForwardOptions,
): Promise<Prediction<Outputs>> {
  const opened: Promise<LanguageModel>[] = [];
  try {
    return await program.forward(inputs, bareContext(options, opened));
  } finally {
    // A model that could not be opened has nothing to close; whoever asked for it has its error.
    await Promise.allSettled(opened.map(async (model) => (await model).close()));
  }
}

function bareContext(options: ForwardOptions, opened: Promise<LanguageModel>[]): CallContext {
  const clients = new Map(Object.entries(options.clients));
  const models = new Map<string, Promise<LanguageModel>>();
  const random = options.random ?? systemRandom;
  const signal = options.signal ?? new AbortController().signal;

  const modelOf = (name: string, source: LanguageModel | LmSpec): Promise<LanguageModel> => {
    // What can already be asked is used as it is and stays open: it is its owner's to close.
    if ("generate" in source) return Promise.resolve(source);
    if (typeof source?.open !== "function") {
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
    async client(name?: string): Promise<ContextClient> {
      const chosen = pickClient([...clients.keys()], name);
      const source = clients.get(chosen);
      if (source === undefined) throw new UsageError(`forward: client "${chosen}" is undefined`);
      const model = models.get(chosen) ?? modelOf(chosen, source);
      models.set(chosen, model);
      return Object.freeze({ name: chosen, lm: await model });
    },
  });
}

/**
 * The client of that name, or the only one.
 * @throws LmError `no_such_client` that lists those there are
 */
export function pickClient(names: readonly string[], name: string | undefined): string {
  const [only, ...others] = names;
  if (name === undefined) {
    if (only !== undefined && others.length === 0) return only;
    throw new LmError(
      only === undefined
        ? "there is no LM client"
        : `the program names no client and there are several: ${names.join(", ")}; name one`,
      { code: "no_such_client", details: { clients: names } },
    );
  }
  if (names.includes(name)) return name;
  throw new LmError(`there is no client "${name}"; there are: ${names.join(", ") || "none"}`, {
    code: "no_such_client",
    details: { client: name, clients: names },
  });
}
