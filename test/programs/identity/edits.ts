// Edits of a program: those that its messages, requests or reading must tell, and those that nothing can tell.
import { chatAdapter } from "../../../src/adapters/chat-adapter.ts";
import { jsonAdapter } from "../../../src/adapters/json-adapter.ts";
import { twoStepAdapter } from "../../../src/adapters/two-step-adapter.ts";
import { xmlAdapter } from "../../../src/adapters/xml-adapter.ts";
import type { LmSampling } from "../../../src/lm/sampling.ts";
import type { ComposedProgram } from "../../../src/programs/composed-program.ts";
import { predict } from "../../../src/programs/predict/predict.ts";
import type { PredictOptions } from "../../../src/programs/predict/predict.ts";
import type { AnyPredictor, Program, ProgramParts } from "../../../src/programs/program.ts";
import { withLeaves } from "../../../src/programs/program-tree.ts";
import { retrieve } from "../../../src/programs/modules/retrieve.ts";
import type { Retrieve } from "../../../src/programs/modules/retrieve.ts";
import type { Signature } from "../../../src/signatures/signature-value.ts";
import { ADAPTERS } from "./random-program.ts";

/** @param dice any number: which of several it does */
export type Edit = (predictor: AnyPredictor, dice: number) => AnyPredictor;

function anew(predictor: AnyPredictor, edits: PredictOptions & { readonly signature?: object }): AnyPredictor {
  const { name, demos, config, client, adapter, onUnparsable, frozen } = predictor;
  const { signature = predictor.signature, ...options } = edits;
  return predict(signature as Signature, { name, demos, config, client, adapter, onUnparsable, frozen, ...options });
}

const OTHERS: readonly LmSampling[] = [
  { temperature: 0.77 },
  { maxTokens: 77 },
  { stop: ["77"] },
  { seed: 77 },
  { topP: 0.77 },
  { reasoningEffort: "77" },
  { topLogprobs: 7 },
  { repeatPenalty: 7.7 },
  { rolloutId: 77 },
];

/** Each of these is seen by some model in some world. */
export const TELLING: Readonly<Record<string, Edit>> = {
  instructions: (p) => p.with({ instructions: `${p.signature.instructions} Now!` }),
  description: (p) => anew(p, { signature: p.signature.withFields({ x: { desc: "Another." } } as never) }),
  "another option": (p, dice) => p.with({ config: OTHERS[dice % OTHERS.length] }),
  "an option less": (p, dice) => {
    const options = Object.entries(p.config);
    if (options.length === 0) return p.with({ config: { cache: true } });
    return anew(p, { config: Object.fromEntries(options.filter((_, index) => index !== dice % options.length)) });
  },
  "a switch turned": (p, dice) => {
    const name = dice % 2 === 0 ? "cache" : "logprobs";
    return p.with({ config: { [name]: p.config[name] !== true } });
  },
  client: (p) => (p.client === undefined ? p.with({ client: "big" }) : anew(p, { client: undefined })),
  adapter: (p, dice) => {
    const others = ADAPTERS.filter(({ name }) => name !== p.adapter?.name);
    return p.with({ adapter: others[dice % others.length]! });
  },
  "a setting of its adapter": (p, dice) => {
    const { name, settings = {} } = p.adapter ?? {};
    if (name === "two_step")
      return p.with({ adapter: twoStepAdapter(settings["client"] === undefined ? { client: "c" } : {}) });
    const offers = p.signature.fields.some(({ type }) => type.kind === "tool_calls");
    if (name === "chat" && offers)
      return p.with({ adapter: chatAdapter({ nativeTools: settings["nativeTools"] !== true }) });
    if (name !== "json") return TELLING["adapter"]!(p, dice);
    const format = settings["format"] === "none" ? "json_object" : "none";
    return p.with({ adapter: jsonAdapter({ ...settings, format }) });
  },
  "no adapter": (p) => (p.adapter === undefined ? p.with({ adapter: ADAPTERS[0] }) : anew(p, { adapter: undefined })),
  onUnparsable: (p) => p.with({ onUnparsable: p.onUnparsable === "fail" ? "ask_again" : "fail" }),
  "a demo more": (p) => p.with({ demos: [...p.demos, { q: "more", x: "and more" }] }),
  "another value in a demo": (p) =>
    p.demos.length === 0
      ? p.with({ demos: [{ q: "first", x: "one" }] })
      : p.with({ demos: p.demos.map((demo, index) => (index === 0 ? { ...demo, q: "another", x: "another" } : demo)) }),
  "a field more": (p) => anew(p, { signature: p.signature.append("more: str", { side: "output" }) }),
  "another type": (p) => anew(p, { signature: p.signature.withFields({ x: { type: "list[str]" } } as never) }),
  "a constraint": (p) =>
    anew(p, { signature: p.signature.withFields({ x: { constraints: { max_length: 1000 } } } as never) }),
  "a default": (p) => anew(p, { signature: p.signature.withFields({ x: { default: "by default" } } as never) }),
};

/** None of these is seen by anybody. */
export const IDLE: Readonly<Record<string, Edit>> = {
  name: (p) => p.with({ name: "another name" }),
  "frozen or thawed": (p) => p.with({ frozen: !p.frozen }),
  nothing: (p) => p.with({}),
  "made anew": (p) => anew(p, {}),
  "undefined options": (p) => anew(p, { config: { temperature: undefined, topP: undefined, ...p.config } }),
  "options in another order": (p) => anew(p, { config: Object.fromEntries(Object.entries(p.config).toReversed()) }),
  "stop strings twice, or none": (p) =>
    anew(p, { config: { ...p.config, stop: [...(p.config.stop ?? []), ...(p.config.stop ?? [])] } }),
  "native tools where there are none": (p) => {
    const { name, settings = {} } = p.adapter ?? {};
    const offers = p.signature.fields.some(({ type }) => type.kind === "tool_calls");
    if (offers || (name !== "chat" && name !== "xml")) return p;
    const nativeTools = settings["nativeTools"] !== true;
    return p.with({ adapter: name === "chat" ? chatAdapter({ nativeTools }) : xmlAdapter({ nativeTools }) });
  },
  "an adapter like it": (p) => anew(p, { adapter: p.adapter && twin(p.adapter) }),
  "empty demos": (p) => p.with({ demos: [{}, ...p.demos, { augmented: true }] }),
  "a demo without outputs": (p) => p.with({ demos: [...p.demos, { q: "alone" }] }),
  "demos with what is no field": (p) =>
    p.with({ demos: p.demos.map((demo) => ({ note: ["n"], ...demo, augmented: false })) }),
  "demos' keys in another order": (p) =>
    p.with({ demos: p.demos.map((demo) => Object.fromEntries(Object.entries(demo).toReversed())) }),
  "a description that says nothing": (p) => {
    const { desc } = p.signature.fields.find(({ name }) => name === "x")!;
    if (desc !== undefined && desc !== "" && desc !== "${x}") return p;
    return anew(p, { signature: p.signature.withFields({ x: { desc: desc === "" ? "${x}" : "" } } as never) });
  },
};

function twin(adapter: (typeof ADAPTERS)[number]): (typeof ADAPTERS)[number] {
  return ADAPTERS.find(
    ({ name, settings }) => JSON.stringify([name, settings]) === JSON.stringify([adapter.name, adapter.settings]),
  )!;
}

/** The edit in one of the program's predictors; in a search, where it has none. */
export function edited(given: Program, edit: Edit, dice: number, telling: boolean): Program {
  const predictors = Object.entries(given.predictors());
  const chosen = predictors[dice % Math.max(1, predictors.length)];
  // Not as optimizers do, who may change neither fields nor what is frozen.
  if (chosen !== undefined) return withLeaves(given, { [chosen[0]]: edit(chosen[1], dice) });
  return given.kind === "retrieve" ? editedSearch(given as Retrieve, dice, telling) : given;
}

function editedSearch({ k, client, ...search }: Retrieve, dice: number, telling: boolean): Retrieve {
  if (!telling) return retrieve({ k, client });
  return dice % 2 === 0
    ? search.with({ k: k + 1, client })
    : retrieve({ k, client: client === undefined ? "kb" : undefined });
}

/** A composed program with another name and its parts in another order: calls go by name. */
export function renamed(given: Program): Program {
  if (given.kind !== "program") return given;
  const { parts, with: change } = given as ComposedProgram<ProgramParts, object, object>;
  return change({ name: "renamed", parts });
}
