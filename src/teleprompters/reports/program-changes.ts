import { shownValue } from "../../evaluate/reports/shown-value.ts";
import { inPredictor } from "../texts.ts";
import { parametersOf } from "../../programs/program-parameters.ts";
import type { AnyPredictor, Program } from "../../programs/program.ts";

/** A predictor of a candidate, or a text that it declares, beside the student's of the same path. */
export interface PredictorChanges {
  readonly path: string;
  /** Paths of the texts in it that optimizers may change: its own, and those of descriptions. */
  readonly texts: readonly string[];
  readonly instructions: string;
  /** The student's. Undefined: it has no such predictor. */
  readonly before: string | undefined;
  readonly demos: readonly string[];
  /** Those of the student that it has no more. */
  readonly lostDemos: readonly string[];
  /** Which of its demos the student has as well. */
  readonly keptDemos: ReadonlySet<string>;
  /** What else is otherwise; empty text: not set. */
  readonly settings: readonly { readonly name: string; readonly before: string; readonly now: string }[];
}

export function changesTo(program: Program<never>, student: Program<never>): readonly PredictorChanges[] {
  const known = student.predictors();
  const predictors = Object.entries(program.predictors()).map(([path, predictor]): PredictorChanges => {
    const old = Object.hasOwn(known, path) ? known[path] : undefined;
    const demos = predictor.demos.map(shownDemo);
    const before = old?.demos.map(shownDemo) ?? [];
    return {
      path,
      texts: [path, ...predictor.signature.fields.map(({ name }) => inPredictor(path, name))],
      instructions: predictor.signature.instructions,
      before: old?.signature.instructions,
      demos,
      lostDemos: before.filter((demo) => !demos.includes(demo)),
      keptDemos: new Set(before.filter((demo) => demos.includes(demo))),
      settings: old === undefined ? [] : settingChanges(predictor, old),
    };
  });
  return [...predictors, ...parameterChanges(program, student)];
}

function parameterChanges(program: Program<never>, student: Program<never>): readonly PredictorChanges[] {
  const before = parametersOf(student);
  return Object.entries(parametersOf(program)).map(([path, text]) => ({
    path: `${path} (parameter)`,
    texts: [path],
    instructions: text,
    before: before[path],
    demos: [],
    lostDemos: [],
    keptDemos: new Set<string>(),
    settings: [],
  }));
}

/** A line for each field. */
function shownDemo(demo: object): string {
  return Object.entries(demo)
    .map(([name, value]) => `${name}: ${shownValue(value)}`)
    .join("\n");
}

function settingChanges(predictor: AnyPredictor, old: AnyPredictor): PredictorChanges["settings"] {
  const [now, before] = [settingsOf(predictor), settingsOf(old)];
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  return names.flatMap((name) => {
    const [was, is] = [before[name] ?? "", now[name] ?? ""];
    return was === is ? [] : [{ name, before: was, now: is }];
  });
}

function settingsOf({ client, adapter, config, signature }: AnyPredictor): Readonly<Record<string, string>> {
  const fields = [...signature.inputFields, ...signature.outputFields].map(
    ({ name, desc = "" }) => [`description of ${name}`, desc] as const,
  );
  return {
    client: client ?? "",
    adapter: adapter === undefined ? "" : `${adapter.name} ${shownValue(adapter.settings)}`.trim(),
    config: Object.keys(config).length === 0 ? "" : shownValue(config),
    ...Object.fromEntries(fields),
  };
}
