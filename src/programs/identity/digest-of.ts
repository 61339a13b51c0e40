import type { Adapter } from "../../adapters/adapter.ts";
import { digest, inOrder, NotJsonError } from "../../foundation/digest.ts";
import { UsageError, describe } from "../../foundation/errors.ts";
import type { LanguageModel } from "../../lm/language-model.ts";
import { checkSampling, editSampling } from "../../lm/sampling.ts";
import type { LmSampling } from "../../lm/sampling.ts";
import { isProgram } from "../program-tree.ts";
import { toSavedJson } from "../saved/saved-json.ts";
import { codeFacts } from "./code-facts.ts";
import type { SourceListener } from "./code-facts.ts";
import { fullAdapterFacts } from "./predictor-facts.ts";
import { programFacts } from "./program-facts.ts";

/**
 * A name for what something is, 43 letters: equal for equal things, in every process and on every machine.
 *
 * - A **program**: changes when something changes that the program itself decides about a prompt, a request or the reading
 *   of an answer (texts, types, demos, options, adapters, names of clients, how it is composed), and for nothing else. It
 *   is the same after `dumpProgram` and `loadProgramFrom`.
 * - A **function** of the user's own (a metric): its name and its `version`, if it has one, and its `settings`.
 * - **Data** (a set of examples, options): the keys of an object, and of each object in a list, may come in any order; in
 *   the values below their order counts, as prompts show them in it.
 *
 * Code without a `version` counts by its source text, which differs between sources and a build and does not show what it
 * closes over: {@link functionsBySource} tells where.
 *
 * @throws UsageError for what is no data
 */
export function digestOf(subject: unknown): string {
  return digestTelling(subject, () => undefined);
}

/**
 * Where in a program (or a function) there is code that {@link digestOf} knows by its source text alone. Give such code a
 * `version` (`program({ version })`; a property of a function or an adapter) before digests are relied on across builds.
 */
export function functionsBySource(subject: unknown): readonly string[] {
  const places = new Set<string>();
  digestTelling(subject, (where) => places.add(where));
  return Object.freeze([...places]);
}

function digestTelling(subject: unknown, onSource: SourceListener): string {
  try {
    return digest(factsOf(subject, onSource));
  } catch (thrown) {
    if (!(thrown instanceof NotJsonError)) throw thrown;
    throw new UsageError(`digestOf: ${thrown.message}, in ${describe(subject)}`, { cause: thrown });
  }
}

function factsOf(subject: unknown, onSource: SourceListener): unknown {
  if (isProgram(subject)) return { program: programFacts(subject, onSource) };
  if (typeof subject === "function") return { code: codeFacts(subject, `function "${subject.name}"`, onSource) };
  return { data: dataFacts(subject, Array.isArray(subject)) };
}

function dataFacts(data: unknown, inList: boolean): unknown {
  if (inList && Array.isArray(data)) return data.map((item: unknown) => dataFacts(item, false));
  const saved = toSavedJson(data ?? null, "digestOf");
  if (typeof saved !== "object" || saved === null || Array.isArray(saved)) return inOrder(saved);
  return Object.fromEntries(Object.entries(saved).map(([key, value]) => [key, inOrder(value)]));
}

/** What of a client decides about the answers that come through it: a `ContextClient`, as `context.client(name)` gives it. */
export interface ClientLike {
  readonly lm: Pick<LanguageModel, "provider" | "model" | "identity" | "capabilities">;
  readonly adapter?: Adapter | undefined;
  /** Sampling options of a run or of a client. Default none. */
  readonly config?: LmSampling | undefined;
  readonly fallbacks?: readonly Pick<ClientLike, "lm">[] | undefined;
}

/**
 * A name for what a client decides about answers: model, provider, where the model is and how it was opened, what it can
 * do, the client's adapter and options, the models that stand in for it. With a program's {@link digestOf}: what an answer
 * rests on.
 *
 * Undefined where a model has no `identity`: then nobody knows what sets it apart.
 */
export function identityOf(client: ClientLike): string | undefined {
  const { lm, adapter, config, fallbacks = [] } = client;
  const models = [lm, ...fallbacks.map((each) => each.lm)];
  if (models.some(({ identity }) => identity === undefined)) return undefined;
  checkSampling("identityOf: config", config);
  return digest({
    client: models.map(({ provider, model, identity, capabilities }) => ({ provider, model, identity, capabilities })),
    adapter: adapter && fullAdapterFacts(adapter, "client", true, () => undefined),
    config: editSampling({}, config ?? {}),
  });
}
