// Questions with known answers, so that whoever finds an answer can tell whether it is right.
import { predict, signature } from "dspex";

export const QUESTIONS = 300;
export const ROLLOUTS = 3;

export const program = predict(signature("question -> answer"), { name: "qa" });

export function question(index: number): string {
  return `What is the text of item ${index}?`;
}

export function indexOf(text: string): number {
  return Number(/item (\d+)/.exec(text)?.[1]);
}

/** From 40 to 160,000 characters, few of them long; a different one for each index, and no part of one a whole other. */
export function answerTo(index: number): string {
  const share = ((index * 7_919) % 997) / 997;
  const length = 40 + Math.floor(share ** 3 * 160_000);
  const word = `${index}-ä"-`;
  return `begin ${word.repeat(Math.ceil(length / word.length))}end ${index}`;
}
