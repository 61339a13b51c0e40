import type { PythonRandom } from "../../foundation/python-random.ts";

/** Which examples of the trainset an iteration looks at. */
export interface Minibatches {
  /** Their places, some perhaps twice. @param iteration from 1; each is asked for once, in order, and some may be left out */
  at(iteration: number): readonly number[];
}

/**
 * The trainset in epochs: shuffled, filled up with its rarest until it divides by the size, and taken piece by piece. The order
 * is made when it is first needed, and anew in each later epoch. An iteration has its place whether it is asked for or not.
 */
export function minibatches(examples: number, size: number, random: PythonRandom): Minibatches {
  let order: readonly number[] = [];
  let epoch = -1;
  return Object.freeze({
    at(iteration: number): readonly number[] {
      const begin = (iteration - 1) * size;
      const now = epoch < 0 ? 0 : Math.floor(begin / order.length);
      if (now > epoch) {
        epoch = now;
        order = filledUp(random.shuffled(Array.from({ length: examples }, (_, place) => place)), size);
      }
      const first = begin % order.length;
      return order.slice(first, first + size);
    },
  });
}

/** With the last of the rarest, again and again. */
function filledUp(shuffled: readonly number[], size: number): readonly number[] {
  const missing = (size - (shuffled.length % size)) % size;
  const added = Array.from({ length: missing }, (_, count) => shuffled.at(-1 - (count % shuffled.length)) as number);
  return [...shuffled, ...added];
}
