import type { Random } from "../../src/foundation/random.ts";
import { seededRandom } from "../../src/foundation/random.ts";

export interface ServiceOptions {
  readonly signatures: number;
  /** How many of them have a text of `longLength` characters or a little more. */
  readonly long: number;
  readonly longLength: number;
  readonly seed: number;
}

/** A signature, and what a person would write in its place. */
interface MadeSignature {
  readonly text: string;
  /** How many it has, on both sides. */
  readonly fields: number;
  readonly inputs: string;
  readonly outputs: string;
  readonly firstOutput: string;
}

/** How a type is written in a signature, for the compiler as an input, and as an output. */
type Written = readonly [text: string, input: string, output: string];

const TYPES: readonly Written[] = [
  ["str", "string", "string"],
  ["int", "number", "number"],
  ["bool", "boolean", "boolean"],
  ["float(ge=0, le=1)", "number", "number"],
  ["list[str]", "readonly string[]", "string[]"],
  ["number[]", "readonly number[]", "number[]"],
  ["dict[str, int]", "Readonly<Record<string, number>>", "Record<string, number>"],
  ["Literal['low', 'middle', 'high']", '"low" | "middle" | "high"', '"low" | "middle" | "high"'],
  ["'yes' | 'no'", '"yes" | "no"', '"yes" | "no"'],
  ["Optional[str]", "string | null", "string | null"],
  ["list[dict[str, float]]", "readonly Readonly<Record<string, number>>[]", "Record<string, number>[]"],
  ["tuple[str, int]", "readonly [string, number]", "[string, number]"],
];

const NAMES = ["ticket", "question", "context", "score", "urgency", "topic", "summary", "person", "place", "reason"];
const DESCRIPTIONS = ["", "", ` "What the customer wrote, as it came"`, ` 'One of several: a, b -> c'`];

/** A service of so many signatures, the same for the same seed. */
export function makeService({ signatures, long, longLength, seed }: ServiceOptions): readonly MadeSignature[] {
  const random = seededRandom(seed);
  const every = Math.floor(signatures / Math.max(long, 1));
  return Array.from({ length: signatures }, (_, index) =>
    makeSignature(random, long > 0 && index % every === every - 1 ? longLength : 0),
  );
}

function makeSignature(random: Random, least: number): MadeSignature {
  const texts: Record<"input" | "output", string[]> = { input: [], output: [] };
  const types: Record<"input" | "output", string[]> = { input: [], output: [] };
  let firstOutput = "string";
  const add = (role: "input" | "output"): void => {
    const name = `${pick(random, NAMES)}_${texts.input.length + texts.output.length}`;
    const [text, input, output] = pick(random, TYPES);
    texts[role].push(`${name}: ${text}${pick(random, DESCRIPTIONS)}`);
    // A list that may be left out is null by itself.
    const mark = role === "input" && text.startsWith("Optional") ? "?" : "";
    types[role].push(`readonly ${name}${mark}: ${role === "input" ? input : output}`);
    if (role === "output" && texts.output.length === 1) firstOutput = `"${name}"`;
  };
  const text = (): string => `${texts.input.join(", ")} -> ${texts.output.join(", ")}`;
  for (let count = 1 + Math.floor(random.next() * 4); count > 0; count -= 1) add("input");
  for (let count = 1 + Math.floor(random.next() * 3); count > 0; count -= 1) add("output");
  while (text().length < least) add(random.next() < 0.5 ? "input" : "output");
  return {
    text: text(),
    fields: texts.input.length + texts.output.length,
    inputs: `{ ${types.input.join("; ")} }`,
    outputs: `{ ${types.output.join("; ")} }`,
    firstOutput,
  };
}

function pick<T>(random: Random, from: readonly T[]): T {
  // `next` is below 1.
  return from[Math.floor(random.next() * from.length)]!;
}

const PER_MODULE = 10;

const HEAD = `import { forward, predict, signature, type LmSpec, type Predictor } from "dspex";
declare const clients: Readonly<Record<string, LmSpec>>;
declare function written<Inputs extends object, Outputs extends object>(text: string): Predictor<Inputs, Outputs>;
export const some = predict(signature("question -> answer"));
`;

/**
 * The modules of the service: each signature is a predictor, which a function calls and reads an output of.
 *
 * @param how `inferred`: the compiler reads the signatures; `by_hand`: their types are written out and the text is only
 * text; `none`: the same modules without them
 */
export function serviceModules(
  service: readonly MadeSignature[],
  how: "inferred" | "by_hand" | "none",
): readonly string[] {
  const modules: string[] = [];
  for (let from = 0; from < service.length; from += PER_MODULE) {
    const functions = service.slice(from, from + PER_MODULE).map(({ text, inputs, outputs, firstOutput }, index) => {
      const made =
        how === "inferred"
          ? `predict(signature(${JSON.stringify(text)}))`
          : `written<${inputs}, ${outputs}>(${JSON.stringify(text)})`;
      return `const program${index} = ${made};
export async function serve${index}(inputs: ${inputs}) {
  const result = await forward(program${index}, inputs, { clients });
  return result[${firstOutput}];
}
`;
    });
    modules.push(HEAD + (how === "none" ? "" : functions.join("")));
  }
  return modules;
}
