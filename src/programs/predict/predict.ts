import type { Adapter, FieldValues, PreparedPrompt } from "../../adapters/adapter.ts";
import { checkOptions, optionNames } from "../../foundation/check-options.ts";
import { UsageError, asError, describe } from "../../foundation/errors.ts";
import { checkSampling, configHint, editSampling } from "../../lm/sampling.ts";
import type { LmSampling } from "../../lm/sampling.ts";
import type { Demo } from "../../signatures/example.ts";
import { givenInput, parseInputs } from "../../signatures/inputs.ts";
import type { TextInputs, TextOutputs } from "../../signatures/infer/infer.ts";
import { signature, type SignatureText } from "../../signatures/signature.ts";
import type { Signature } from "../../signatures/signature-value.ts";
import type { CallContext } from "../call-context.ts";
import { converse } from "./conversation.ts";
import type { ConversationFacts } from "./talk.ts";
import type { OnUnparsable, Predictor, PredictorEdits, PredictorSettings } from "../program.ts";
import { programValue } from "../program-value.ts";
import type { Prediction } from "../prediction.ts";

export interface PredictOptions {
  /** The name of its client. Default: the only LM client there is, when it is called. */
  readonly client?: string | undefined;
  /** Default: the client's adapter, else what fits the client's model. */
  readonly adapter?: Adapter | undefined;
  /** Worked cases that the prompt shows; default none. */
  readonly demos?: readonly Demo[] | undefined;
  /** Sampling options, laid over the adapter's own; default none. `n` must be 1. */
  readonly config?: LmSampling | undefined;
  /** What is done when an answer cannot be read; default `"ask_again"`. */
  readonly onUnparsable?: OnUnparsable | undefined;
  /** Whether optimizers leave it as it is; default false. */
  readonly frozen?: boolean | undefined;
  /** What logs and traces call it; default the signature's name. */
  readonly name?: string | undefined;
}

/**
 * The program that one signature makes (DSPy's `Predict`): formats the inputs by an adapter, asks the model, and reads
 * every output, typed and within its constraints.
 *
 * An answer that cannot be read is asked for up to twice more in the same conversation, with the problem said
 * (`$meta.repairs`; `onUnparsable` says otherwise), unless it was cut off or withheld; a request that failed is made again as the context's retry policy
 * says. One count of attempts (`maxAttempts`) bounds both.
 *
 * `forward` throws UsageError for inputs that do not fit, before anything is asked, and LmError: what the request
 * failed with, or `unparsable_output`, `cut_off` or `content_filter` with the model's text in `details.raw`.
 *
 * A text stands for its signature: `predict("question -> answer")`.
 *
 * @throws UsageError for an option that makes no sense, a demo that is no object, or a text that is no signature's
 */
export function predict<Inputs extends object, Outputs extends object>(
  signature: Signature<Inputs, Outputs>,
  options?: PredictOptions,
): Predictor<Inputs, Outputs>;
export function predict<const From extends string>(
  text: SignatureText<From>,
  options?: PredictOptions,
): Predictor<TextInputs<From>, TextOutputs<From>>;
export function predict<Inputs extends object, Outputs extends object>(
  given: Signature<Inputs, Outputs> | string,
  options: PredictOptions = {},
): Predictor<Inputs, Outputs> {
  return predictor(signatureFrom(given), options);
}

/** Itself, or that of a text: whose types the caller's type says. */
export function signatureFrom<Inputs extends object, Outputs extends object>(
  given: Signature<Inputs, Outputs> | string,
): Signature<Inputs, Outputs> {
  return typeof given === "string" ? (signature(given) as unknown as Signature<Inputs, Outputs>) : given;
}

function predictor<Inputs extends object, Outputs extends object>(
  signature: Signature<Inputs, Outputs>,
  options: PredictOptions,
): Predictor<Inputs, Outputs> {
  checkPredict(signature, options);
  const demos: readonly Demo[] = Object.freeze((options.demos ?? []).map((demo) => Object.freeze({ ...demo })));
  const config: LmSampling = Object.freeze(editSampling({}, options.config ?? {}));
  const name = options.name ?? signature.name;
  const onUnparsable = options.onUnparsable ?? "ask_again";
  const promptOf = prepareOnce((adapter) => adapter.prepare(signature, demos));
  const facts: ConversationFacts = Object.freeze({
    name,
    client: options.client,
    adapter: options.adapter,
    promptOf,
    barePromptOf: demos.length === 0 ? promptOf : prepareOnce((adapter) => adapter.prepare(signature, [])),
    onUnparsable,
    outputs: signature.outputFields,
    refinement: signature.outputRefinement,
    config,
  });

  const edited = (edits: PredictorEdits & { readonly signature?: Signature<Inputs, Outputs> }) => {
    const { instructions, signature: other, config: overlay, ...rest } = defined(edits);
    // What is no option would be left behind.
    checkSampling("predict: config", overlay);
    const base = other ?? signature;
    return predictor(instructions === undefined ? base : base.withInstructions(instructions), {
      ...options,
      ...rest,
      config: editSampling(config, overlay ?? {}),
    });
  };

  // Not async, as there is one for each call: inputs that do not fit are the only thing that it throws.
  const run = (inputs: Inputs, context: CallContext): Promise<Prediction<Outputs>> => {
    let shown: FieldValues;
    try {
      shown = shownInputs(parseInputs(signature, inputs), inputs);
    } catch (thrown) {
      return Promise.reject(asError(thrown));
    }
    return context.effect("predict", shown, (exchanges) =>
      converse<Outputs>({ facts, inputs: shown, context, exchanges }),
    );
  };

  const settings: PredictorSettings<Inputs, Outputs> = {
    signature,
    demos,
    config,
    onUnparsable,
    frozen: options.frozen ?? false,
    ...(options.client !== undefined && { client: options.client }),
    ...(options.adapter !== undefined && { adapter: options.adapter }),
  };
  return programValue<Predictor<Inputs, Outputs>>(
    { kind: "predict", name, parts: {}, settings, run },
    { ...settings, with: edited },
  );
}

/** An optional input that was left out counts as null, but as in DSPy no prompt shows it. */
function shownInputs(values: FieldValues, given: object): FieldValues {
  const shown: Record<string, unknown> = {};
  for (const name of Object.keys(values))
    if (values[name] !== null || givenInput(given, name) !== undefined) shown[name] = values[name];
  return shown;
}

/** The prompt's fixed part is built once for each adapter that the predictor is called with. */
function prepareOnce(prepare: (adapter: Adapter) => PreparedPrompt): (adapter: Adapter) => PreparedPrompt {
  const prepared = new WeakMap<Adapter, PreparedPrompt>();
  return (adapter) => {
    const known = prepared.get(adapter);
    if (known !== undefined) return known;
    const made = prepare(adapter);
    prepared.set(adapter, made);
    return made;
  };
}

/** Without the keys whose value is undefined, which `with` takes as left out. */
function defined<T extends object>(edits: T): Partial<T> {
  // Keys are only taken away, so each one that is left has its type.
  return Object.fromEntries(Object.entries(edits).filter(([, value]) => value !== undefined)) as Partial<T>;
}

const OPTIONS = optionNames<PredictOptions>({
  client: true,
  adapter: true,
  demos: true,
  config: true,
  name: true,
  onUnparsable: true,
  frozen: true,
});

function checkPredict(signature: unknown, options: PredictOptions): void {
  const kind = typeof signature === "object" && signature !== null && "kind" in signature ? signature.kind : undefined;
  if (kind !== "signature") throw new UsageError(`predict: expected a signature, got ${describe(signature)}`);
  checkOptions("predict", options, OPTIONS, "option", configHint);
  for (const name of ["client", "name"] as const) {
    const given: unknown = options[name];
    if (given !== undefined && (typeof given !== "string" || given === ""))
      throw new UsageError(`predict: ${name} must be a text that is not empty, got ${describe(given)}`);
  }
  const { demos = [], config, frozen } = options;
  if (frozen !== undefined && typeof frozen !== "boolean")
    throw new UsageError(`predict: frozen must be true or false, got ${describe(frozen)}`);
  if (!Array.isArray(demos)) throw new UsageError(`predict: demos must be a list, got ${describe(demos)}`);
  const wrong: unknown = demos.find((demo: unknown) => typeof demo !== "object" || demo === null);
  if (wrong !== undefined)
    throw new UsageError(`predict: a demo must be an object of field values, got ${describe(wrong)}`);
  if (!["ask_again", "json", "fail", undefined].includes(options.onUnparsable)) {
    const got = describe(options.onUnparsable);
    throw new UsageError(`predict: onUnparsable must be "ask_again", "json" or "fail", got ${got}`);
  }
  checkSampling("predict: config", config);
  if (config?.n !== undefined && config.n !== 1) {
    throw new UsageError(`predict: config.n must be 1, got ${describe(config.n)}: a prediction is one answer`);
  }
}
