import { numpyRandom } from "../../src/foundation/numpy-random.ts";
import { pythonRandom } from "../../src/foundation/python-random.ts";
import type { Outcome, VectorCase } from "./vector-case.ts";

/** Draws of one stream in a row. */
export interface RandomCase extends VectorCase {
  readonly seed: number;
  readonly stream?: "numpy";
  readonly ops: readonly (readonly [name: string, ...args: readonly unknown[]])[];
}

export function playRandom({ seed, stream, ops }: RandomCase): Outcome {
  const draw = stream === "numpy" ? numpyDraws(seed) : pythonDraws(seed);
  const values = ops.map(([name, ...args]) => {
    try {
      return draw(name, args as number[]);
    } catch {
      return { error: true };
    }
  });
  return { values };
}

/** Lists are the numbers from 0. What fails is known by that alone. */
export function expectedRandom(expect: object): Outcome {
  const { values } = expect as { values: readonly unknown[] };
  return { values: values.map((each) => (isError(each) ? { error: true } : each)) };
}

function isError(value: unknown): boolean {
  return typeof value === "object" && value !== null && "error" in value;
}

type Draw = (name: string, args: readonly number[]) => unknown;

function numpyDraws(seed: number): Draw {
  const random = numpyRandom(seed);
  return (name, [mean = 0]) => (name === "poisson" ? random.poisson(mean) : random.next());
}

function pythonDraws(seed: number): Draw {
  const random = pythonRandom(seed);
  const places = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
  return (name, args) => {
    const [a = 0, b = 0] = args;
    switch (name) {
      case "word":
        return random.bits(32);
      case "getrandbits":
        return random.bits(a);
      case "random":
        return random.next();
      case "randbelow":
        return random.below(a);
      case "randint":
        return random.between(a, b);
      case "randrange":
        return args.length === 1 ? random.between(0, a - 1) : random.between(a, b - 1);
      case "choice":
        return random.choice(places(a));
      case "shuffle":
        return random.shuffled(places(a));
      case "sample":
        return random.sample(places(a), b);
      case "choices": {
        const [, weights, count = 1] = args as unknown as [number, number[] | undefined, number | undefined];
        return Array.from({ length: count }, () => random.weighted(places(a), weights));
      }
      default:
        throw new Error(`no draw is called "${name}"`);
    }
  };
}
