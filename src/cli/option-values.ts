import { InvalidArgumentError } from "commander";

/** What options with a number take, for commander: it says which option the message is about. */
export function readNumber(text: string): number {
  const number = text.trim() === "" ? Number.NaN : Number(text);
  if (Number.isFinite(number)) return number;
  throw new InvalidArgumentError("It takes a number.");
}

export function readFrom0(text: string): number {
  const number = readNumber(text);
  if (number >= 0) return number;
  throw new InvalidArgumentError("It takes a number from 0.");
}

export function readCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count > 0) return count;
  throw new InvalidArgumentError("It takes a whole number above 0.");
}

/** Where no limit has to be said. */
export function readCountOrInfinity(text: string): number {
  return text === "Infinity" ? Infinity : readCount(text);
}

/** For options that may be given several times. */
export function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

/** For options that mean one thing: a second value would be left out without a word. */
export function once(text: string, before: string | undefined): string {
  if (before === undefined) return text;
  throw new InvalidArgumentError(`It was given before, as ${before}.`);
}
