import { inOrder } from "../../foundation/digest.ts";
import type { Program } from "../program.ts";
import { insideOf, isPredictor } from "../program-tree.ts";
import { toSavedJson } from "../saved/saved-json.ts";
import { codeFacts } from "./code-facts.ts";
import type { SourceListener } from "./code-facts.ts";
import { predictorFacts } from "./predictor-facts.ts";

/**
 * A program as plain data: what it decides by itself about a prompt, a request or the reading of an answer, and nothing
 * else. Names of programs, parts and predictors do not count, but as paths; what clients decide is theirs.
 *
 * @throws UsageError for a demo or a setting that holds what is no data
 */
export function programFacts(program: Program, onSource: SourceListener, path = ""): object {
  const inside = insideOf(program);
  if (inside !== undefined && isPredictor(program)) return predictorFacts(program, predictorAt(path), onSource);
  const { kind, settings, parts } = program;
  const inParts = each(parts, (part, name) => programFacts(part, onSource, joined(path, name)));
  if (inside === undefined) {
    const { version } = program as { readonly version?: unknown };
    const predictors = each(program.predictors(), (predictor, name) =>
      predictorFacts(predictor, predictorAt(name === "self" ? path : joined(path, name)), onSource),
    );
    const code = factsOfCode({ program, path, version, onSource })(program.forward, "forward");
    // What is set in a predictor stands among the predictors.
    const own = kind === "predict" ? undefined : settingsFacts(program, path);
    return { kind: "custom", code, settings: own, predictors, parts: inParts };
  }
  const { version } = settings as { readonly version?: unknown };
  const code = each(inside.code, factsOfCode({ program, path, version, onSource }));
  return { kind, settings: settingsFacts(program, path), code, parts: inParts };
}

interface Place {
  readonly program: Program;
  readonly path: string;
  readonly version: unknown;
  readonly onSource: SourceListener;
}

function factsOfCode({ program, path, version, onSource }: Place): (fn: object, what: string) => object {
  const known = version === undefined ? undefined : { version };
  return (fn, what) => codeFacts(known ?? fn, `${named(program, path)}, its ${what}`, onSource, program.name);
}

function settingsFacts(program: Program, path: string): object {
  const entries = Object.entries(program.settings).filter(([, value]) => value !== undefined);
  const facts = entries.map(([name, value]: [string, unknown]) => [
    name,
    inOrder(toSavedJson(value, `${named(program, path)}, its ${name}`)),
  ]);
  return Object.fromEntries(facts) as object;
}

function named({ name }: Program, path: string): string {
  return path === "" ? `program "${name}"` : `program "${name}" at "${path}"`;
}

function predictorAt(path: string): string {
  return `predictor "${path === "" ? "self" : path}"`;
}

function joined(path: string, part: string): string {
  return path === "" ? part : `${path}.${part}`;
}

function each<Value>(
  values: Readonly<Record<string, Value>>,
  facts: (value: Value, name: string) => object,
): Readonly<Record<string, object>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, facts(value, name)]));
}
