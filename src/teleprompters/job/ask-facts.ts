import type { AnyExample } from "../../evaluate/example.ts";
import { digestOfExample } from "../../evaluate/example.ts";
import { digestOfMetrics } from "../../evaluate/metrics/metric.ts";
import { digest } from "../../foundation/digest.ts";
import { fullAdapterFacts } from "../../programs/identity/predictor-facts.ts";
import { digestOf } from "../../programs/identity/digest-of.ts";
import type { Program } from "../../programs/program.ts";
import type { AskOptions, SearchTrial } from "../teleprompter.ts";
import type { AskFacts } from "./job-log.ts";

/** Names what a search asks for, so that a later life can be sure that it asks for the same. Programs and examples are digested once. */
export function askNamer(): (trials: readonly SearchTrial[], options: AskOptions) => AskFacts {
  const programs = new WeakMap<Program<never>, string>();
  const examples = new WeakMap<AnyExample, string>();
  const metrics = new WeakMap<object, string>();
  const once = <Key extends object>(known: WeakMap<Key, string>, key: Key, make: (key: Key) => string): string => {
    const name = known.get(key) ?? make(key).slice(0, 22);
    known.set(key, name);
    return name;
  };
  return (trials, { about, metric, wants = "score" }) => {
    const each = trials.map(({ program, example, config, client, adapter }) => {
      const named = `${once(programs, program, digestOf)} ${once(examples, example, digestOfExample)}`;
      if (config === undefined && client === undefined && adapter === undefined) return named;
      const layout = adapter === undefined ? [] : [fullAdapterFacts(adapter, "a trial", true, () => undefined)];
      return [named, config ?? {}, client ?? "", ...layout];
    });
    const scoredBy = metric === undefined ? "" : once(metrics, metric, digestOfMetrics);
    return { is: digest([about, wants, scoredBy, each]).slice(0, 22), about, trials: trials.length };
  };
}
