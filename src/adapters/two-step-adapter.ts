import { UsageError } from "../foundation/errors.ts";
import { answerWriter } from "../lm/language-model.ts";
import type { LmCapabilities, LmCompletion } from "../lm/language-model.ts";
import type { LmContent, LmMessage } from "../lm/message.ts";
import type { Demo } from "../signatures/example.ts";
import type { Field } from "../signatures/field/field.ts";
import type { AnySignature } from "../signatures/signature-value.ts";
import { signatureOf } from "../signatures/signature-value.ts";
import { adapterFacts, libraryAdapter } from "./adapter-settings.ts";
import type { Adapter, AdapterStep, AskStep, FieldValues, PreparedPrompt } from "./adapter.ts";
import { chatAdapter } from "./chat-adapter.ts";
import { demoTurns, historyOf, withoutHistory } from "./prompt/example-turns.ts";
import { formatAnswer, formatValue } from "./values/format-value.ts";
import { contentWriter, refuseUnwritable } from "./prompt/media-parts.ts";
import { toolFieldsOf, toolsIn, withCheckedCalls } from "./prompt/native-tools.ts";
import { fieldList } from "./prompt/prompt-text.ts";
import { strip } from "./values/python-text.ts";
import { CUT_OFF, WITHIN_REASONING } from "./answer/read-fields.ts";
import type { ReadOutputs } from "./answer/read-fields.ts";
import { reasoningCutter } from "./answer/reasoning-block.ts";

export interface TwoStepAdapterOptions {
  /** The layout of the second request; default the chat adapter. */
  readonly extract?: Adapter | undefined;
  /** The name of the client that the second request goes to (DSPy's `extraction_model`). Default: the call's own. */
  readonly client?: string | undefined;
}

/**
 * DSPy's TwoStepAdapter, for models that reason well and format badly: the first request asks for a free answer, the
 * second one, to the same model or to a client of its own, has the outputs extracted from it.
 *
 * Departs from DSPy where it prints lists and objects as Python code (here they are JSON), and images, audio and files as
 * its own marks for them (here they are parts, as in the other layouts).
 *
 * @throws UsageError for a layout of the second request that not every model can be asked in, with a client of its own
 */
export function twoStepAdapter({ extract = chatAdapter(), client }: TwoStepAdapterOptions = {}): Adapter {
  if (client !== undefined && !extract.fits(ANY_MODEL))
    throw new UsageError(
      `twoStepAdapter: not every model can be asked in the ${extract.name} layout, so it goes with no client of its own`,
    );
  return libraryAdapter({
    name: "two_step",
    settings: Object.freeze({ extract: adapterFacts(extract), ...(client !== undefined && { client }) }),
    parts: Object.freeze([extract]),
    fits: (capabilities: LmCapabilities) => client !== undefined || extract.fits(capabilities),
    prepare(signature: AnySignature, demos: readonly Demo[]): PreparedPrompt {
      refuseUnwritable(signature);
      const asked = withoutHistory(signature.inputFields);
      const content = contentWriter(asked);
      const tools = toolFieldsOf(signature);
      const user = (values: FieldValues, opening = ""): LmContent =>
        content(values, (shown) => strip([opening, ...lines(asked, shown, formatValue)].join("\n\n")));
      const assistant = (values: FieldValues): string =>
        strip(lines(signature.outputFields, values, formatAnswer).join("\n\n"));
      const prefix: readonly LmMessage[] = [
        { role: "system", content: systemText(signature) },
        ...demoTurns(signature, demos, { user, assistant }),
      ];
      const writeAnswer = answerWriter(signature.outputFields, assistant);
      const extraction = extract.prepare(extractionOf(signature), []);
      const history = historyOf(signature, { user, assistant });
      return Object.freeze({
        begin(inputs: FieldValues, capabilities: LmCapabilities): AskStep {
          const extracted = client === undefined ? capabilities : ANY_MODEL;
          const check = (fields: FieldValues): ReadOutputs =>
            tools === undefined
              ? { ok: true, fields, mended: [] }
              : withCheckedCalls(tools, toolsIn(tools, inputs), fields);
          const step: AskStep = {
            kind: "ask",
            request: {
              messages: [...prefix, ...history(inputs), { role: "user", content: user(inputs) }],
              writeAnswer,
            },
            read({ text, finishReason }: LmCompletion): AdapterStep {
              const answer = REASONING.cut(text);
              if (answer === undefined || finishReason === "length") {
                const { problem } = finishReason === "length" ? CUT_OFF : WITHIN_REASONING;
                return { kind: "unreadable", problem, raw: text, again: step };
              }
              return asking(extraction.begin({ [ANSWER]: answer }, extracted), { client, check });
            },
          };
          return step;
        },
      });
    },
  });
}

/** A free answer has no marks. */
const REASONING = reasoningCutter({});

/** What the other client's model can do shows only when it is asked. */
const ANY_MODEL: LmCapabilities = Object.freeze({ schema: false, tools: false, prefill: false, grammar: false });

/** What the steps of the second request have in common. */
interface Extracting {
  /** The client that they go to. Left out: the call's own. */
  readonly client: string | undefined;
  /** The extracted fields, or what is wrong with them. */
  check(fields: FieldValues): ReadOutputs;
}

function asking(step: AskStep, extracting: Extracting): AskStep {
  const { client } = extracting;
  return {
    ...step,
    ...(client !== undefined && { client }),
    read: (completion: LmCompletion) => following(step.read(completion), extracting),
  };
}

function following(step: AdapterStep, extracting: Extracting): AdapterStep {
  if (step.kind === "ask") return asking(step, extracting);
  if (step.kind === "unreadable") return { ...step, again: asking(step.again, extracting) };
  const again = (problem: string): AskStep => asking(step.again(problem), extracting);
  const checked = extracting.check(step.fields);
  if (checked.ok) return { ...step, fields: checked.fields, again };
  const { problem, field } = checked;
  return { kind: "unreadable", problem, ...(field !== undefined && { field }), raw: step.raw, again: again(problem) };
}

function lines(
  fields: readonly Field[],
  values: FieldValues,
  format: (type: Field["type"], value: unknown) => string,
): string[] {
  return fields.flatMap(({ name, type }) =>
    values[name] === undefined ? [] : [`${name}: ${asPython(type, format(type, values[name]))}`],
  );
}

/** Python's `str` of a moment, which is what DSPy prints in this layout alone. */
function asPython(type: Field["type"], text: string): string {
  const isMoment = type.kind === "datetime" || (type.kind === "union" && type.members.some(isDateTime));
  const moment = isMoment ? /^(\d{4}-\d\d-\d\d)T([\d:.]+)(Z|[+-][\d:]+)?$/.exec(text) : null;
  if (moment === null) return text;
  const [, day = "", time = "", zone = ""] = moment;
  return `${day} ${time}${zone === "Z" ? "+00:00" : zone}`;
}

function isDateTime({ kind }: Field["type"]): boolean {
  return kind === "datetime";
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
  const { name, instructions, outputFields: fields } = signature;
  // Anew, and not by edits: what is checked between the inputs is checked by the signature that has them.
  return signatureOf({ name, instructions, fields })
    .append(`${ANSWER}: str`, { side: "input" })
    .withInstructions(
      `The input is a text that should contain all the necessary information to produce the fields ${names}. ` +
        // The gap is DSPy's.
        `${" ".repeat(12)}Your job is to extract the fields from the text verbatim. ` +
        "Extract precisely the appropriate value (content) for each field.",
    );
}
