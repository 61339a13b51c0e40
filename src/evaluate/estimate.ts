import { chooseAdapter } from "../adapters/choose-adapter.ts";
import { asError, UsageError } from "../foundation/errors.ts";
import { estimateInputTokens, outputRoom } from "../lm/estimate-tokens.ts";
import { mergeSampling } from "../lm/sampling.ts";
import { type PriceTable, pricesOf } from "../lm/prices.ts";
import { apartFromOverlay } from "../programs/call-context.ts";
import type { CallContext } from "../programs/call-context.ts";
import { program } from "../programs/composed-program.ts";
import type { Executor } from "../programs/executor.ts";
import type { AnyPredictor, Program } from "../programs/program.ts";
import type { RunOptions } from "../programs/run-terms.ts";
import type { AnyExample } from "./example.ts";

/**
 * What an evaluation would take, guessed beforehand: each predictor asked once a trial, prompts by their length, answers as
 * long as `maxTokens` allows (500 tokens where nothing does). Loops, retries and answers asked again come on top;
 * short answers and a cache take away from it.
 */
export interface EvaluationEstimate {
  /** Trials that would be run: those without a prediction on record. */
  readonly trials: number;
  readonly lmCalls: number;
  readonly inputTokens: number;
  /** At most, but for what loops and retries add. */
  readonly outputTokens: number;
  /** US dollars. Undefined: a model's price is not known. */
  readonly usd: number | undefined;
}

/** What a trial would take, by its first prompts. */
export interface TrialEstimate extends Omit<EvaluationEstimate, "trials"> {}

/**
 * Guesses a trial from the prompts of its predictors, without any LM call.
 * @param judges programs that metrics ask, whose inputs nobody knows yet
 * @throws what the run fails with: a client that is not there, say (rejects)
 */
export async function estimateTrial(
  executor: Executor,
  candidate: Program<never>,
  judges: readonly Program<never>[],
  example: AnyExample,
  options: RunOptions,
): Promise<TrialEstimate> {
  let found: TrialEstimate | undefined;
  const looking = program({
    name: candidate.name,
    parts: {},
    version: 1,
    async forward(_parts, inputs: object, context: CallContext) {
      const callsOf = (each: Program<never>, inside: CallContext): Promise<TrialEstimate>[] =>
        Object.values(each.predictors()).map((one) => estimateCall(one, inputs, inside, executor.prices));
      const judging = apartFromOverlay(context, "metric");
      const each = await Promise.all([
        ...callsOf(candidate, context),
        ...judges.flatMap((judge) => callsOf(judge, judging)),
      ]);
      found = sumOf(each);
      return {};
    },
  });
  const outcome = await executor.run(looking, example.inputs, options);
  if (found === undefined) throw outcome.ok ? new UsageError("nothing was looked at") : outcome.error;
  return found;
}

/** What all of them take together. */
export function sumOf(each: readonly TrialEstimate[]): TrialEstimate {
  const sum = (of: (one: TrialEstimate) => number): number => each.reduce((total, one) => total + of(one), 0);
  const known = each.every(({ usd }) => usd !== undefined);
  return Object.freeze({
    lmCalls: sum(({ lmCalls }) => lmCalls),
    inputTokens: sum(({ inputTokens }) => inputTokens),
    outputTokens: sum(({ outputTokens }) => outputTokens),
    usd: known ? sum(({ usd = 0 }) => usd) : undefined,
  });
}

/** What a field is taken for whose value nobody knows yet: about a hundred tokens. */
const STAND_IN = "word ".repeat(80);

async function estimateCall(
  predictor: AnyPredictor,
  inputs: object,
  context: CallContext,
  prices: PriceTable | undefined,
): Promise<TrialEstimate> {
  const { overlay } = context;
  const client = await context.client(predictor.client);
  const { capabilities } = client.lm;
  const wishes = { call: overlay.adapter, program: predictor.adapter, client: client.adapter };
  const layout = chooseAdapter(wishes, capabilities).prepare(predictor.signature, predictor.demos);
  const given = new Map<string, unknown>(Object.entries(inputs));
  const { inputFields } = predictor.signature;
  const begin = (stand: boolean) =>
    layout.begin(
      Object.fromEntries(
        inputFields.map(({ name }) => [name, !stand && given.has(name) ? given.get(name) : STAND_IN] as const),
      ),
      capabilities,
    ).request;
  const asked = orElse(
    () => begin(false),
    () => begin(true),
  );
  const request = mergeSampling(mergeSampling(asked, predictor.config), overlay.config ?? {});
  const [inputTokens, outputTokens] = [estimateInputTokens(request), outputRoom(request)];
  const usage = { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens };
  const price = (await pricesOf(client.lm, { prices, wallTime: () => context.clock.wallTime() }))();
  return { lmCalls: 1, inputTokens, outputTokens, usd: price?.(usage) };
}

/** Stand-ins may be of the wrong type for a layout that looks closely. */
function orElse<Value>(first: () => Value, second: () => Value): Value {
  try {
    return first();
  } catch (thrown) {
    asError(thrown);
    return second();
  }
}
