import { type CallSite, callSite, tellCaller } from "../../foundation/call-site.ts";
import { optionNames } from "../../foundation/check-options.ts";
import { describe, DspexError, UsageError } from "../../foundation/errors.ts";
import { readPrices } from "../../lm/prices.ts";
import type { PartListener } from "../answer-part.ts";
import type { Prediction } from "../prediction.ts";
import type { Program } from "../program.ts";
import { isProgram, notProgram } from "../program-tree.ts";
import { checkRunOptions, RUN_OPTIONS } from "../run-terms.ts";
import { endWith, runIn } from "./bare-run.ts";
import type { BareGrounds, ForwardOptions } from "./forward-options.ts";

/**
 * Runs a program bare, for tests and scripts: no system, no process, no supervision. What the program does is the same
 * under `system.forward`. What it has begun and not awaited is cancelled when it is done, and code that goes on after its
 * time is over, or its caller is gone, is left behind.
 *
 * @throws LmError `no_such_client` (rejects) for a client that is not in `clients`; and whatever the program throws
 */
export function forward<Inputs extends object, Outputs extends object>(
  program: Program<Inputs, Outputs>,
  inputs: NoInfer<Inputs>,
  options: ForwardOptions,
): Promise<Prediction<Outputs>> {
  return forwardTelling(program, inputs, options, callSite(forward));
}

/** The same, with somebody who listens to the answers as they come. */
export async function forwardTelling<Inputs extends object, Outputs extends object>(
  program: Program<Inputs, Outputs>,
  inputs: Inputs,
  options: ForwardOptions,
  site: CallSite,
  parts?: PartListener,
): Promise<Prediction<Outputs>> {
  if (!isProgram(program)) throw notProgram("forward: expected", program);
  checkForwardOptions("forward", options);
  const life = new AbortController();
  endWith(life, options.signal);
  endWith(life, options.parent?.signal);
  try {
    return await runIn(life, program, inputs, options, options, parts);
  } catch (thrown) {
    if (thrown instanceof DspexError || thrown instanceof UsageError) tellCaller(thrown, site);
    throw thrown;
  }
}

const OPTIONS: readonly string[] = [
  ...RUN_OPTIONS,
  ...optionNames<BareGrounds>({
    clients: true,
    clock: true,
    random: true,
    log: true,
    prices: true,
  }),
];

/** @throws UsageError for options that make no sense */
export function checkForwardOptions(what: string, options: ForwardOptions): void {
  checkRunOptions(what, options, OPTIONS);
  readPrices(`${what}: prices`, options.prices);
  const clients: unknown = options.clients;
  if (typeof clients !== "object" || clients === null || Array.isArray(clients))
    throw new UsageError(`${what}: clients must be an object of models by name, got ${describe(clients)}`);
  if (["lm", "retriever"].includes(String("kind" in clients && clients.kind)) || "generate" in clients)
    throw new UsageError(`${what}: clients must be models by name, got a model: { clients: { main: model } }`);
}
