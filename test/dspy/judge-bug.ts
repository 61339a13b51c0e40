// Whether the library does what a user would want where DSPy is wrong, for cases that have no explicit expectation.
import { firstDifference } from "../otp/compare.ts";
import { isFailure, plain } from "./vector-case.ts";
import type { Outcome, VectorCase } from "./vector-case.ts";

export interface Judgement {
  /** What is wrong; undefined when nothing is. */
  readonly difference: string | undefined;
  /** Whether `better` says exactly what is wanted. Else not repeating DSPy's mistake is all that could be seen. */
  readonly decided: boolean;
}

/** Where `better` leaves the choice to the library, a refusal is right. */
const REFUSAL = /\brefuse|\ban error\b|\bis missing\b|\bor an error\b/i;
const ACCEPT = /\baccept\b|are text|literal type|take the text|look for|keep it|keep the text|what follows/i;
const MEANT = /^What was meant: (\{.*\})$/s;

type Judge = (played: VectorCase, got: Outcome) => boolean | undefined;

/** Words of `better` by which it can be told whether an outcome is right; undefined where a case goes beyond them. */
const JUDGES: readonly (readonly [words: string, right: Judge])[] = [
  ["Send json_object", (_, got) => JSON.stringify(got).includes('"response_format":{"type":"json_object"}')],
  [
    "1,234 is 1234",
    (played, got) => {
      const text = sectionOf(played)?.replaceAll(/(?<=\d)[,_](?=\d{3})/g, "");
      if (text === undefined) return undefined;
      return /^-?\d+(\.\d+)?$/.test(text) ? onlyValue(got) === Number(text) : isFailure(got);
    },
  ],
  [
    "A list of the lines",
    (played, got) => {
      if (isFailure(got)) return true;
      const lines = sectionOf(played)
        ?.split(/\n|,/)
        .map((line) => line.replace(/^\s*(?:[-*•]|\d+[.)])\s+/, "").trim());
      const value = onlyValue(got);
      return lines && Array.isArray(value) && firstDifference(value.map(String), lines) === undefined;
    },
  ],
];

/** The text of a chat completion that has one section. */
function sectionOf(played: VectorCase): string | undefined {
  const completion = "completion" in played ? String(played.completion) : "";
  return /^\[\[ ## \w+ ## \]\]\n([\s\S]*?)(?:\n\n\[\[ ## completed ## \]\]\s*)?$/.exec(completion)?.[1]?.trim();
}

function onlyValue(got: Outcome): unknown {
  const fields = "fields" in got ? got.fields : undefined;
  const values: unknown[] = typeof fields === "object" && fields !== null ? Object.values(fields) : [];
  return values.length === 1 ? values[0] : undefined;
}

export function judgeBug(played: VectorCase, got: Outcome, mistake: Outcome): Judgement {
  const better = played.better ?? "";
  const meant = MEANT.exec(better)?.[1];
  if (meant !== undefined) {
    const fields: unknown = "fields" in got ? got.fields : undefined;
    return { difference: firstDifference(fields, plain(JSON.parse(meant)), "/fields"), decided: true };
  }
  const exact = JUDGES.find(([words]) => better.includes(words))?.[1](played, got);
  if (exact !== undefined) return { difference: exact ? undefined : `better is: ${better}`, decided: true };
  const failed = isFailure(got);
  // Of a whole run of an optimizer that it failed is one fact among others.
  const ended = "failed" in got && got.failed === true;
  if ((failed || ended) && REFUSAL.test(better)) return { difference: undefined, decided: true };
  if (!failed && isFailure(mistake) && ACCEPT.test(better)) return { difference: undefined, decided: true };
  if (failed && isFailure(mistake)) {
    return ACCEPT.test(better)
      ? { difference: `refused, and better is: ${better}`, decided: true }
      : { difference: undefined, decided: false };
  }
  if (failed) return { difference: `refused, and better is: ${better}`, decided: false };
  if (/^(?:an error|refuse)\b[^,]*$/i.test(better)) {
    return { difference: `taken, and better is: ${better}`, decided: true };
  }
  const same = firstDifference(got, mistake) === undefined;
  return { difference: same ? `as DSPy does it, and better is: ${better}` : undefined, decided: false };
}
