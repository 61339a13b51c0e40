import { nearest } from "../../foundation/check-options.ts";
import { asError, describe, UsageError } from "../../foundation/errors.ts";
import {
  bootstrapFewShot,
  copro,
  gepa,
  grpo,
  inferRules,
  labeledFewShot,
  mipro,
  randomSearch,
  simba,
  type Teleprompter,
} from "../../index.ts";

/** As teleprompters are kept: whether one fits its program and its sets shows when they meet. */
export type AnyTeleprompter = Teleprompter<never, never, never>;

interface ReadyMade {
  /** Whether it scores anything: then it takes the metric of the command line. */
  readonly scores: boolean;
  /** What of its options there is to try first, for the help. */
  readonly first: string;
  /** @throws UsageError for options that it does not take */
  make(options: never): unknown;
}

/** All that the command line has a name for; help and errors list them from here. Their options are theirs to check. */
const TELEPROMPTERS: Readonly<Record<string, ReadyMade>> = Object.freeze({
  labeledFewShot: { scores: false, first: "k=16", make: labeledFewShot },
  bootstrapFewShot: { scores: true, first: "maxBootstrappedDemos=4", make: bootstrapFewShot },
  randomSearch: { scores: true, first: "numCandidatePrograms=16", make: randomSearch },
  mipro: { scores: true, first: "auto=light,seed=9", make: mipro },
  gepa: { scores: true, first: "auto=light,promptClient=NAME", make: gepa },
  copro: { scores: true, first: "breadth=10,depth=3", make: copro },
  inferRules: { scores: true, first: "numCandidates=10,numRules=10", make: inferRules },
  grpo: { scores: true, first: "numSteps=10,groupSize=5", make: grpo },
  simba: { scores: true, first: "batchSize=32,maxSteps=8", make: simba },
});

export const TELEPROMPTER_FORMS: readonly string[] = Object.entries(TELEPROMPTERS).map(
  ([name, { first }]) => `${name}[:${first},…]`,
);

/** Whether the text begins with the name of one. */
export function isReadyMade(text: string): boolean {
  return Object.hasOwn(TELEPROMPTERS, nameOf(text));
}

/**
 * The teleprompter that `name`, `name:option=value,…` or `name:{"option": value}` names.
 * @param metric of the command line; those that score nothing take none
 * @throws UsageError, which lists them all for a name that none has, and tells what a teleprompter says of its options
 */
export function readyMadeTeleprompter(option: string, text: string, metric: unknown): AnyTeleprompter {
  const name = nameOf(text);
  const found = Object.hasOwn(TELEPROMPTERS, name) ? TELEPROMPTERS[name] : undefined;
  if (found === undefined) {
    const near = nearest(name, Object.keys(TELEPROMPTERS));
    const hint = near === undefined ? "" : ` (is "${near}" meant?)`;
    throw new UsageError(
      `${option}: there is no teleprompter "${name}"${hint}; there are ${TELEPROMPTER_FORMS.join(", ")}; and FILE#name is one of your own`,
    );
  }
  if (!found.scores && metric !== undefined)
    throw new UsageError(`${option} ${text}: ${name} scores nothing, and takes no metric`);
  const told = text.slice(name.length + 1);
  const options = told === "" ? {} : told.trimStart().startsWith("{") ? ofJson(option, told) : ofPairs(option, told);
  if ("metric" in options) throw new UsageError(`${option} ${text}: its metric is that of --metric`);
  try {
    return found.make({ ...options, ...(metric !== undefined && { metric }) } as never) as AnyTeleprompter;
  } catch (thrown) {
    if (!(thrown instanceof UsageError)) throw thrown;
    throw new UsageError(`${option}: ${thrown.message}`);
  }
}

function nameOf(text: string): string {
  return text.split(":", 1)[0] ?? "";
}

function ofJson(option: string, text: string): object {
  try {
    // It begins with a brace.
    return JSON.parse(text) as object;
  } catch (thrown) {
    throw new UsageError(`${option}: ${text} is no JSON: ${asError(thrown).message}`);
  }
}

/** Values are JSON where they can be (`3`, `true`), and texts where not. */
function ofPairs(option: string, text: string): object {
  const pairs = text.split(",").map((pair) => {
    const at = pair.indexOf("=");
    if (at < 1) throw new UsageError(`${option}: expected name=value, with commas between them, got ${describe(pair)}`);
    return [pair.slice(0, at).trim(), valueOf(pair.slice(at + 1))] as const;
  });
  return Object.fromEntries(pairs);
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
