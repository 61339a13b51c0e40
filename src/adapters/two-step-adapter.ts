import type { LmCapabilities, LmCompletion } from "../lm/language-model.ts";
import type { LmMessage } from "../lm/message.ts";
import type { Demo } from "../signatures/example.ts";
import type { Field } from "../signatures/field.ts";
import type { AnySignature } from "../signatures/signature.ts";
import type { Adapter, AdapterStep, AskStep, FieldValues, PreparedPrompt } from "./adapter.ts";
import { chatAdapter } from "./chat-adapter.ts";
import { demoTurns, historyOf, withoutHistory } from "./example-turns.ts";
import { formatAnswer, formatValue } from "./format-value.ts";
import { fieldList } from "./prompt-text.ts";
import { strip } from "./python-text.ts";

export interface TwoStepAdapterOptions {
  /** The layout of the second request; default the chat adapter. */
  readonly extract?: Adapter;
}

/**
 * DSPy's TwoStepAdapter, for models that reason well and format badly: the first request asks for a free answer, the
 * second one, to the same model, has the outputs extracted from it. (DSPy sends the second to a model of its own.)
 *
 * Departs from DSPy where it prints lists and objects as Python code: here they are JSON.
 */
export function twoStepAdapter({ extract = chatAdapter() }: TwoStepAdapterOptions = {}): Adapter {
  return Object.freeze({
    name: "two_step",
    fits: (capabilities: LmCapabilities) => extract.fits(capabilities),
    prepare(signature: AnySignature, demos: readonly Demo[]): PreparedPrompt {
      const asked = withoutHistory(signature.inputFields);
      const user = (values: FieldValues, opening = ""): string =>
        strip([opening, ...lines(asked, values, formatValue)].join("\n\n"));
      const assistant = (values: FieldValues): string =>
        strip(lines(signature.outputFields, values, formatAnswer).join("\n\n"));
      const prefix: readonly LmMessage[] = [
        { role: "system", content: systemText(signature) },
        ...demoTurns(signature, demos, { user, assistant }),
      ];
      const extraction = extract.prepare(extractionOf(signature), []);
      const history = historyOf(signature, { user, assistant });
      return Object.freeze({
        begin(inputs: FieldValues, capabilities: LmCapabilities): AskStep {
          const turns = history(inputs);
          return {
            kind: "ask",
            request: {
              messages: [...prefix, ...turns, { role: "user", content: user(inputs) }],
              writeAnswer: assistant,
            },
            read: ({ text }: LmCompletion): AdapterStep => extraction.begin({ [ANSWER]: text }, capabilities),
          };
        },
      });
    },
  });
}

function lines(
  fields: readonly Field[],
  values: FieldValues,
  format: (type: Field["type"], value: unknown) => string,
): string[] {
  return fields.flatMap(({ name, type }) =>
    values[name] === undefined ? [] : [`${name}: ${format(type, values[name])}`],
  );
}

function systemText({ inputFields, outputFields, instructions }: AnySignature): string {
  return [
    "You are a helpful assistant that can solve tasks based on user input.",
    "As input, you will be provided with:",
    fieldList(inputFields),
    "Your outputs must contain:",
    fieldList(outputFields),
    "You should lay out your outputs in detail so that your answer can be understood by another agent",
    `Specific instructions: ${instructions}`,
  ].join("\n");
}

/** The input that the second request takes the outputs from. */
const ANSWER = "text";

function extractionOf(signature: AnySignature): AnySignature {
  const names = signature.outputFields.map(({ name }) => `\`${name}\``).join(", ");
  const free = signature.inputFields.reduce((rest: AnySignature, { name }) => rest.delete(name), signature);
  return free.append(`${ANSWER}: str`, { side: "input" }).withInstructions(
    `The input is a text that should contain all the necessary information to produce the fields ${names}. ` +
      // The gap is DSPy's.
      `${" ".repeat(12)}Your job is to extract the fields from the text verbatim. ` +
      "Extract precisely the appropriate value (content) for each field.",
  );
}
