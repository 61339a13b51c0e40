// Random signatures, and damaged answers to them, through a whole call.
import type { Adapter } from "../../../src/adapters/adapter.ts";
import { chatAdapter } from "../../../src/adapters/chat-adapter.ts";
import { jsonAdapter } from "../../../src/adapters/json-adapter.ts";
import { leanAdapter } from "../../../src/adapters/lean-adapter.ts";
import { twoStepAdapter } from "../../../src/adapters/two-step-adapter.ts";
import { xmlAdapter } from "../../../src/adapters/xml-adapter.ts";
import { describe as described } from "../../../src/foundation/errors.ts";
import { type Random, seededRandom } from "../../../src/foundation/random.ts";
import { LmError } from "../../../src/lm/failure.ts";
import type { LmRequest } from "../../../src/lm/language-model.ts";
import { forward } from "../../../src/programs/bare/forward.ts";
import { predict } from "../../../src/programs/predict/predict.ts";
import type { OnUnparsable } from "../../../src/programs/program.ts";
import { makeField } from "../../../src/signatures/field/field.ts";
import { signatureOf } from "../../../src/signatures/signature-value.ts";
import type { AnySignature, Signature } from "../../../src/signatures/signature-value.ts";
import { scripted } from "../../../src/testing/scripted.ts";
import { below, isOfType, pick, randomType, randomValue } from "./random-type.ts";

const ADAPTERS: readonly Adapter[] = [chatAdapter(), jsonAdapter(), xmlAdapter(), twoStepAdapter(), leanAdapter()];
const ON_UNPARSABLE: readonly OnUnparsable[] = ["ask_again", "json", "fail"];
const SIGNATURES_REUSED = 10;

export interface FuzzReport {
  /** Calls that gave a prediction whose every output is of its type. */
  readonly typed: number;
  /** Calls that failed as an answer that cannot be read does. */
  readonly refused: number;
  /** Everything else: what must not be, in words. */
  readonly wrong: readonly string[];
}

/** So many calls; the same for the same seed. */
export async function fuzz(seed: number, calls: number): Promise<FuzzReport> {
  const random = seededRandom(seed);
  const wrong: string[] = [];
  let typed = 0;
  let refused = 0;
  let signature = randomSignature(random);
  for (let call = 0; call < calls; call += 1) {
    if (call % SIGNATURES_REUSED === 0) signature = randomSignature(random);
    const ended = await oneCall(signature, random);
    if (ended === "typed") typed += 1;
    else if (ended === "refused") refused += 1;
    else wrong.push(`call ${call}: ${signature.toString()}: ${ended.wrong}`);
  }
  return { typed, refused, wrong };
}

type Ended = "typed" | "refused" | { readonly wrong: string };

async function oneCall(signature: AnySignature, random: Random): Promise<Ended> {
  const adapter = pick(random, ADAPTERS);
  const said: string[] = [];
  const lm = scripted(
    (request) => {
      const text = randomAnswer(signature, request, random);
      said.push(text);
      return { text, finishReason: random.next() < 0.05 ? "length" : "stop" };
    },
    { capabilities: { prefill: true, grammar: true, schema: random.next() < 0.5 } },
  );
  // Its fields are random, which the compiler cannot know.
  const program = predict(signature as Signature, { onUnparsable: pick(random, ON_UNPARSABLE) });
  const saying = (): string => `${adapter.name}: ${said.map((text) => described(text, 400)).join(" | ")}`;
  try {
    const made: Readonly<Record<string, unknown>> = await forward(
      program,
      { q: "x" },
      {
        clients: { lm },
        adapter,
      },
    );
    const names = signature.outputFields.map(({ name }) => name);
    if (Object.keys(made).join() !== names.join()) return { wrong: `fields ${Object.keys(made).join()}; ${saying()}` };
    const off = signature.outputFields.find(({ name, type }) => !isOfType(type, made[name]));
    return off === undefined ? "typed" : { wrong: `${off.name} is ${described(made[off.name])}; ${saying()}` };
  } catch (thrown) {
    if (thrown instanceof LmError && ["unparsable_output", "cut_off"].includes(thrown.code)) return "refused";
    return { wrong: `threw ${described(thrown, 300)}; ${saying()}` };
  }
}

function randomSignature(random: Random): AnySignature {
  const outputs = Array.from({ length: 1 + below(random, 4) }, (_, index) => {
    const type = randomType(random);
    const bounded = type.kind === "int" && random.next() < 0.3;
    return makeField({
      name: `o${index + 1}`,
      role: "output",
      type,
      ...(bounded && { constraints: { ge: -900 } }),
      ...(type.kind === "str" && random.next() < 0.1 && { default: "preset" }),
    });
  });
  return signatureOf({ fields: [makeField({ name: "q", role: "input", type: { kind: "str" } }), ...outputs] });
}

/** An answer as it should be, damaged more often than not; or something else altogether. */
function randomAnswer({ outputFields }: AnySignature, request: LmRequest, random: Random): string {
  if (random.next() < 0.1) return junk(random);
  const values = outputFields
    .filter(() => random.next() < 0.95)
    .map(({ name, type }) => {
      // Now and then a value of another type stands in its place.
      const written = random.next() < 0.1 ? randomType(random) : type;
      return [name, randomValue(written, random)];
    });
  let text = request.writeAnswer?.(Object.fromEntries(values) as Record<string, unknown>) ?? "";
  for (let damages = below(random, 4); damages > 0; damages -= 1) text = damaged(text, random);
  return text;
}

const PIECES = [
  "[[ ## o1 ## ]]",
  "[[ ## o2 ## ]]\n",
  "[[ ## completed ## ]]",
  "```json\n",
  "```",
  "<o1>",
  "</o1>",
  "<item>",
  "{",
  "}",
  "[",
  "]",
  '"',
  "'",
  ",",
  ":",
  "\\",
  "\n",
  "\r\n",
  "\u2028",
  "null",
  "None",
  "True",
  "// c\n",
  "__proto__",
  "\ud800",
  "Sure! Here it is:\n",
];

function junk(random: Random): string {
  return Array.from({ length: below(random, 12) }, () => pick(random, PIECES)).join("");
}

function damaged(text: string, random: Random): string {
  const at = below(random, text.length + 1);
  const to = Math.min(text.length, at + 1 + below(random, 12));
  switch (below(random, 6)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + text.slice(to);
    case 2:
      return text.slice(0, at) + pick(random, PIECES) + text.slice(at);
    case 3:
      return text.slice(0, to) + text.slice(at);
    case 4:
      return text.replaceAll(pick(random, ['"', ",", "\n", "##", "</"]), pick(random, ["'", "", ";", "\r\n", "#"]));
    default:
      return `${pick(random, PIECES)}${text}${pick(random, PIECES)}`;
  }
}
