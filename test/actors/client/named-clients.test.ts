import { expect, test } from "vitest";
import { client, type ClientSpec } from "../../../src/actors/client/client.ts";
import type { ClientOptions } from "../../../src/actors/client/client-options.ts";
import { checkNamedClients } from "../../../src/actors/client/named-clients.ts";
import { programActor } from "../../../src/actors/program/program-actor.ts";
import { chatAdapter } from "../../../src/adapters/chat-adapter.ts";
import { UsageError } from "../../../src/foundation/errors.ts";
import { chainOfThought } from "../../../src/programs/modules/chain-of-thought.ts";
import { program } from "../../../src/programs/composed-program.ts";
import { predict } from "../../../src/programs/predict/predict.ts";
import type { Program } from "../../../src/programs/program.ts";
import { retrieve } from "../../../src/programs/modules/retrieve.ts";
import { textIndex } from "../../../src/retrieval/text-index.ts";
import { behaviour } from "../../../src/runtime/behaviour.ts";
import { signature } from "../../../src/signatures/signature.ts";
import { type ChildSpec, worker } from "../../../src/supervisors/child-spec.ts";
import { dynamicSupervisor, supervisor } from "../../../src/supervisors/supervision.ts";
import { startSystem } from "../../../src/system.ts";
import { scripted } from "../../../src/testing/scripted.ts";

const SIGNATURE = signature("question -> answer");
const qa = predict(SIGNATURE);
const lm = (name: string, options: Partial<ClientOptions> = {}): ClientSpec =>
  client({ name, lm: scripted(() => ({ answer: "hi" })), ...options });
const kb = (name: string): ChildSpec => client({ name, retriever: textIndex({ documents: ["a text"] }) });
const actor = (asked: Program<never>, name = "qa"): ChildSpec => programActor({ name, program: asked });
const rag = (search: Parameters<typeof retrieve>[0], asked = qa) =>
  program({ name: "rag", parts: { search: retrieve(search), generate: asked }, forward: () => ({}) });

const TWO = [lm("openai"), lm("local")];

test.each<[string, readonly ChildSpec[], string]>([
  [
    "a misspelt client",
    [...TWO, actor(qa.with({ client: "opnai" }))],
    'program "qa": there is no client "opnai"; there are: openai, local (is "openai" meant?)',
  ],
  [
    "no name, two clients",
    [...TWO, actor(qa)],
    'program "qa": the program names no client and there are several: openai, local; name one',
  ],
  ["no client at all", [actor(qa)], 'program "qa": there is no LM client'],
  [
    "a predictor deep inside",
    [
      lm("main"),
      actor(program({ name: "p", parts: { think: chainOfThought(SIGNATURE, { client: "x" }) }, forward: () => ({}) })),
    ],
    'program "qa", at "think.predict": there is no client "x"; there are: main',
  ],
  [
    "a retriever's client for a model",
    [lm("main"), kb("kb"), actor(qa.with({ client: "kb" }))],
    'there is no client "kb"; there are: main',
  ],
  [
    "a search by itself",
    [lm("main"), kb("kb"), actor(retrieve({ client: "bk" }))],
    'program "qa": there is no retriever "bk"; there are: kb',
  ],
  [
    "a search in a program",
    [lm("main"), kb("kb"), actor(rag({ client: "bk" }))],
    'program "qa", at "search": there is no retriever "bk"',
  ],
  [
    "a search without a name, two retrievers",
    [lm("main"), kb("a"), kb("b"), actor(rag({}))],
    "names no retriever and there are several: a, b",
  ],
  ["a search without a retriever", [lm("main"), actor(rag({}))], 'at "search": there is no retriever'],
  [
    "a fallback",
    [lm("main", { fallback: ["lokal"] }), lm("local")],
    'client "main": fallback: there is no client "lokal"; there are: main, local',
  ],
  [
    "a fallback that is a retriever",
    [lm("main", { fallback: ["kb"] }), kb("kb")],
    'client "main": fallback: there is no client "kb"',
  ],
  [
    "a program under a supervisor of its own",
    [lm("main"), supervisor({ id: "mine", children: [actor(qa.with({ client: "man" }))] })],
    'there is no client "man"; there are: main (is "main" meant?)',
  ],
  [
    "several, however many more there may be",
    [...TWO, dynamicSupervisor({ id: "more" }), actor(qa)],
    "the program names no client and there are several",
  ],
  [
    "an adapter whose settings tell its client",
    [lm("main"), actor(predict(SIGNATURE, { adapter: { ...chatAdapter(), settings: { client: "x" } } }))],
    'program "qa", its chat adapter: there is no client "x"',
  ],
])("%s is found at start, before anything is opened", async (_what, children, message) => {
  const refused = startSystem({ children, logger: false });
  await expect(refused).rejects.toThrow(UsageError);
  await expect(refused).rejects.toThrow(message);
});

const idle = behaviour<undefined, undefined>({ name: "idle", init: () => ({ state: undefined }) });
const byHand: ChildSpec = { id: "mine", start: lm("mine").start };

test.each<[string, readonly ChildSpec[]]>([
  ["the only client", [lm("main"), actor(qa)]],
  ["the only model beside a retriever", [lm("main"), kb("kb"), actor(rag({}))]],
  ["named ones", [...TWO, kb("kb"), actor(rag({ client: "kb" }, qa.with({ client: "local" })))]],
  ["programs without predictors need no client", [actor(program({ name: "p", parts: {}, forward: () => ({}) }))]],
  [
    "a client that stands deeper",
    [
      supervisor({ id: "a", children: [supervisor({ id: "b", children: [lm("deep")] })] }),
      actor(qa.with({ client: "deep" })),
    ],
  ],
  ["a client with another restart", [{ ...lm("main"), restart: "transient" }, actor(qa.with({ client: "main" }))]],
  ["a fallback deeper", [lm("main", { fallback: ["deep"] }), supervisor({ id: "a", children: [lm("deep")] })]],
  ["a supervisor whose children come later", [dynamicSupervisor({ id: "more" }), actor(qa.with({ client: "later" }))]],
  ["a spec that is written by hand", [byHand, actor(qa.with({ client: "mine" }))]],
])("%s: nothing to refuse", (_what, children) => {
  expect(checkNamedClients(children)).toBeUndefined();
});

test("an actor of the user's own brings no client", () => {
  const children = [lm("main"), worker({ id: "w", behaviour: idle, args: undefined }), actor(qa.with({ client: "x" }))];
  expect(() => checkNamedClients(children)).toThrow('there is no client "x"; there are: main');
});

test("a client that only stands in for another does not count where no name is given", async () => {
  const asked: string[] = [];
  const answering = (name: string, options: Partial<ClientOptions> = {}): ClientSpec =>
    client({ name, lm: scripted(() => (asked.push(name), { answer: name })), ...options });
  const children = [answering("stand-in"), answering("main", { fallback: ["stand-in"] }), actor(qa)];
  const system = await startSystem({ logger: false, children });
  expect(await system.forward(qa, { question: "q" })).toEqual({ answer: "main" });
  // By its name it can be asked as any other.
  expect(await system.forward(qa.with({ client: "stand-in" }), { question: "q" })).toEqual({ answer: "stand-in" });
  await system.stop();
  expect(asked).toEqual(["main", "stand-in"]);
});

test("clients that stand in for each other both count", () => {
  const both = [lm("a", { fallback: ["b"] }), lm("b", { fallback: ["a"] })];
  expect(() => checkNamedClients([...both, actor(qa)])).toThrow("there are several: a, b; name one");
  expect(() => checkNamedClients([...both, lm("c", { fallback: ["a"] }), actor(qa)])).not.toThrow();
});
