import { isPythonSpace } from "../../adapters/values/python-text.ts";

/** Texts compared as DSPy compares them (dspy/evaluate/metrics.py), which has it from SQuAD, HotpotQA and DPR. */

const ASCII_PUNCTUATION = /[!-/:-@[-`{-~]/g;
/** Python's `\b` knows all letters and numbers, and no marks: `à` is an article before an accent. */
const ARTICLES = /(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/gu;

/** DSPy's `normalize_text`: NFD, lower case, without ASCII punctuation and English articles, single spaces. */
export function normalizeText(text: string): string {
  const plain = text.normalize("NFD").toLowerCase().replace(ASCII_PUNCTUATION, "").replace(ARTICLES, " ");
  return pythonWords(plain).join(" ");
}

/** `str.split()`. */
function pythonWords(text: string): string[] {
  const words: string[] = [];
  let start = -1;
  for (let index = 0; index <= text.length; index += 1) {
    const isSpace = index === text.length || isPythonSpace(text.charCodeAt(index));
    if (isSpace && start >= 0) {
      words.push(text.slice(start, index));
      start = -1;
    } else if (!isSpace && start < 0) start = index;
  }
  return words;
}

function tokens(text: string): string[] {
  return pythonWords(normalizeText(text));
}

/** Equal once normalised. */
export function sameText(prediction: string, answer: string): boolean {
  return normalizeText(prediction) === normalizeText(answer);
}

/** F1 over tokens; 0 where none is shared, also for two empty texts. */
export function f1Score(prediction: string, answer: string): number {
  return tokenF1(tokens(prediction), tokens(answer));
}

/** The share of the prediction's tokens that the answer has; 0 where none is shared. */
export function precisionScore(prediction: string, answer: string): number {
  const predicted = tokens(prediction);
  const shared = sharedTokens(predicted, tokens(answer));
  return shared === 0 ? 0 : shared / predicted.length;
}

const VERDICTS: readonly string[] = ["yes", "no", "noanswer"];

/** F1 as HotpotQA counts it: yes, no and noanswer match only themselves. */
export function hotpotF1Score(prediction: string, answer: string): number {
  const [predicted, wanted] = [normalizeText(prediction), normalizeText(answer)];
  if (predicted !== wanted && (VERDICTS.includes(predicted) || VERDICTS.includes(wanted))) return 0;
  return tokenF1(pythonWords(predicted), pythonWords(wanted));
}

function tokenF1(predicted: readonly string[], wanted: readonly string[]): number {
  const shared = sharedTokens(predicted, wanted);
  if (shared === 0) return 0;
  const precision = shared / predicted.length;
  const recall = shared / wanted.length;
  return (2 * precision * recall) / (precision + recall);
}

/** Each as often as both have it. */
function sharedTokens(a: readonly string[], b: readonly string[]): number {
  const left = new Map<string, number>();
  for (const token of b) left.set(token, (left.get(token) ?? 0) + 1);
  let shared = 0;
  for (const token of a) {
    const count = left.get(token) ?? 0;
    if (count === 0) continue;
    left.set(token, count - 1);
    shared += 1;
  }
  return shared;
}

/** Whether the tokens of an answer stand in a row in one of the passages; an answer without tokens is in any. */
export function isInPassages(passages: readonly string[], answers: readonly string[]): boolean {
  const wanted = answers.map(passageTokens);
  return passages.some((passage) => {
    const there = passageTokens(passage);
    return wanted.some((answer) => hasRun(there, answer));
  });
}

/** DPR's tokens: runs of letters, digits and marks, and any other visible sign alone. */
const PASSAGE_TOKEN = /[\p{L}\p{N}\p{M}]+|[^\p{Z}\p{C}]/gu;

function passageTokens(text: string): readonly string[] {
  return normalizeText(text).match(PASSAGE_TOKEN) ?? [];
}

function hasRun(tokens: readonly string[], run: readonly string[]): boolean {
  for (let start = 0; start + run.length <= tokens.length; start += 1)
    if (run.every((token, index) => token === tokens[start + index])) return true;
  return false;
}
