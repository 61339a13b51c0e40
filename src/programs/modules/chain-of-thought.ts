import type { AnySignature, Signature } from "../../signatures/signature-value.ts";
import type { TextInputs, TextOutputs } from "../../signatures/infer/infer.ts";
import type { SignatureText } from "../../signatures/signature.ts";
import { at } from "../call-context.ts";
import { predict, signatureFrom } from "../predict/predict.ts";
import type { PredictOptions } from "../predict/predict.ts";
import type { AnyPredictor, Predictor, PredictorEdits, Program } from "../program.ts";
import { programValue } from "../program-value.ts";

/** Outputs with the model's reasoning before them. */
export type WithReasoning<Outputs extends object> = { reasoning: string } & Outputs;

export interface ChainOfThought<Inputs extends object, Outputs extends object> extends Program<
  Inputs,
  WithReasoning<Outputs>
> {
  readonly kind: "chain_of_thought";
  readonly parts: { readonly predict: Predictor<Inputs, WithReasoning<Outputs>> };
  /** The predictor that does the work, at path `predict`; its signature has the reasoning. */
  readonly predict: Predictor<Inputs, WithReasoning<Outputs>>;
  /** A copy whose predictor is edited. */
  with(edits: PredictorEdits): ChainOfThought<Inputs, Outputs>;
  withPredictors(replacements: Readonly<Record<string, AnyPredictor>>): ChainOfThought<Inputs, Outputs>;
}

/**
 * A predictor that writes its reasoning before its outputs: `reasoning: str` becomes the first output (Wei et al., 2022;
 * DSPy's `ChainOfThought`). As in DSPy, default instructions do not name it.
 */
export function chainOfThought<Inputs extends object, Outputs extends object>(
  signature: Signature<Inputs, Outputs>,
  options?: PredictOptions,
): ChainOfThought<Inputs, Outputs>;
export function chainOfThought<const From extends string>(
  text: SignatureText<From>,
  options?: PredictOptions,
): ChainOfThought<TextInputs<From>, TextOutputs<From>>;
export function chainOfThought<Inputs extends object, Outputs extends object>(
  given: Signature<Inputs, Outputs> | string,
  options: PredictOptions = {},
): ChainOfThought<Inputs, Outputs> {
  const signature = signatureFrom(given);
  // The typing of `prepend` depends on what `Outputs` is, which is open here.
  const untyped: AnySignature = signature;
  const extended = untyped.prepend("reasoning: str", { side: "output" });
  return over(predict(extended as Signature<Inputs, WithReasoning<Outputs>>, options));
}

function over<Inputs extends object, Outputs extends object>(
  inner: Predictor<Inputs, WithReasoning<Outputs>>,
): ChainOfThought<Inputs, Outputs> {
  return programValue<ChainOfThought<Inputs, Outputs>>(
    {
      kind: "chain_of_thought",
      name: inner.name,
      parts: { predict: inner },
      settings: {},
      run: (inputs, context) => inner.forward(inputs, at(context, "predict")),
      rebuild: ({ predict: other }) => over(other),
    },
    { predict: inner, with: (edits) => over(inner.with(edits)) },
  );
}
