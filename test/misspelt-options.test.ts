import { expect, test } from "vitest";
import {
  backoff,
  bootstrapFewShot,
  chainOfThought,
  client,
  dynamicSupervisor,
  embeddingIndex,
  ensemble,
  forward,
  fromAiSdk,
  knnFewShot,
  labeledFewShot,
  openai,
  openaiEmbedder,
  predict,
  program,
  programActor,
  randomSearch,
  retrieve,
  signature,
  startSystem,
  stream,
  supervisor,
  textIndex,
  UsageError,
  worker,
} from "../src/index.ts";
import { llama } from "../src/lm/llama/llama.ts";
import { faultPlan } from "../src/testing/fault-plan.ts";
import { openaiServer } from "../src/testing/openai-server.ts";
import { scripted } from "../src/testing/scripted.ts";

// As they come from JSON, a spread or plain JavaScript, where no compiler looks.
const untyped = (value: object): never => value as never;

const qa = predict(signature("q -> a"));
const lm = scripted(() => ({ a: "x" }));
const documents = ["a text"];
const sdkModel = { specificationVersion: "v2", provider: "p", modelId: "m", doGenerate() {}, doStream() {} };
const embed = async () => [[1]];

const told = (name: string, meant: string): string => `no option "${name}" (is "${meant}" meant?)`;

test.each<[string, () => unknown, string]>([
  ["openai", () => openai("m", untyped({ baseUrl: "http://127.0.0.1:9/v1" })), told("baseUrl", "baseURL")],
  ["openaiEmbedder", () => openaiEmbedder("m", untyped({ apikey: "k" })), told("apikey", "apiKey")],
  ["fromAiSdk", () => fromAiSdk(untyped(sdkModel), untyped({ timeout: 1 })), told("timeout", "timeoutMs")],
  ["llama", () => llama(untyped({ thread: 1 })), told("thread", "threads")],
  ["client", () => client(untyped({ name: "c", lm, limit: {} })), told("limit", "limits")],
  [
    "a retriever's client",
    () => client(untyped({ name: "c", retriever: textIndex({ documents }), limit: {} })),
    told("limit", "limits"),
  ],
  [
    "programActor",
    () => programActor(untyped({ name: "p", program: qa, maxConcurency: 1 })),
    told("maxConcurency", "maxConcurrency"),
  ],
  ["startSystem", () => startSystem(untyped({ children: [], loger: false })), told("loger", "logger")],
  ["its cache", () => startSystem(untyped({ children: [], cache: { memory: 1 } })), told("memory", "memoryBytes")],
  ["forward", () => forward(qa, { q: "x" }, untyped({ clients: { lm }, retrys: {} })), told("retrys", "retry")],
  ["stream", () => stream(qa, { q: "x" }, untyped({ clients: { lm }, retrys: {} })), told("retrys", "retry")],
  ["predict", () => predict(signature("q -> a"), untyped({ demo: [] })), told("demo", "demos")],
  ["chainOfThought", () => chainOfThought(signature("q -> a"), untyped({ demo: [] })), told("demo", "demos")],
  ["program", () => program(untyped({ name: "p", parts: {}, foward() {} })), told("foward", "forward")],
  ["retrieve", () => retrieve(untyped({ K: 3 })), told("K", "k")],
  ["signature", () => signature("q -> a", untyped({ instruction: "" })), told("instruction", "instructions")],
  ["textIndex", () => textIndex(untyped({ document: "x" })), told("document", "documents")],
  ["embeddingIndex", () => embeddingIndex(untyped({ documents, embed, batchsize: 1 })), told("batchsize", "batchSize")],
  ["backoff", () => backoff(untyped({ maxAttempt: 1 })), told("maxAttempt", "maxAttempts")],
  ["scripted", () => scripted([], untyped({ latency: 1 })), told("latency", "latencyMs")],
  ["openaiServer", () => openaiServer(untyped({ replys: [] })), told("replys", "replies")],
  ["faultPlan", () => faultPlan(untyped({ rates: {}, seeds: 1 })), told("seeds", "seed")],
  ["labeledFewShot", () => labeledFewShot(untyped({ ks: 1 })), told("ks", "k")],
  ["bootstrapFewShot", () => bootstrapFewShot(untyped({ maxRound: 1 })), told("maxRound", "maxRounds")],
  ["a teacher", () => bootstrapFewShot({ teacher: untyped({ clients: "c" }) }), told("clients", "client")],
  [
    "randomSearch",
    () => randomSearch(untyped({ metric: () => 1, numCandidatePrgrams: 1 })),
    told("numCandidatePrgrams", "numCandidatePrograms"),
  ],
  ["knnFewShot", () => knnFewShot(untyped({ k: 1, embeds: embed })), told("embeds", "embed")],
  ["ensemble", () => ensemble([qa], untyped({ sizes: 1 })), told("sizes", "size")],
  [
    "supervisor",
    () => supervisor(untyped({ id: "s", children: [], intensitiy: 1 })),
    'no flag "intensitiy" (is "intensity" meant?)',
  ],
  [
    "dynamicSupervisor",
    () => dynamicSupervisor(untyped({ id: "s", maxChild: 1 })),
    'no flag "maxChild" (is "maxChildren" meant?)',
  ],
  ["worker", () => worker(untyped({ id: "w", behaviour: {}, args: {}, nam: "w" })), told("nam", "name")],
  [
    "capabilities",
    () => openai("m", untyped({ capabilities: { scheme: true } })),
    'no capability "scheme" (is "schema" meant?)',
  ],
])("%s names an option that does not exist, and the one that is meant", async (_who, make, message) => {
  // Those that throw at once, and those that reject.
  const made = (async () => make())();
  await expect(made).rejects.toThrow(UsageError);
  await expect(made).rejects.toThrow(message);
});

test.each<[string, () => unknown, string]>([
  [
    "fromAiSdk",
    () => fromAiSdk(untyped(sdkModel), untyped({ timeoutMs: "5" })),
    'timeoutMs must be milliseconds above 0, got "5"',
  ],
  ["openai", () => openai("m", { timeoutMs: NaN }), "timeoutMs must be milliseconds above 0, got NaN"],
  ["llama", () => llama(untyped({ temperature: "hot" })), 'temperature must be a number from 0, got "hot"'],
  ["scripted", () => scripted([], { latencyMs: NaN }), "latencyMs must be milliseconds from 0, got NaN"],
  [
    "openaiServer",
    () => openaiServer(untyped({ replies: [], pieceMs: "1" })),
    'pieceMs must be milliseconds from 0, got "1"',
  ],
])("%s takes numbers where a number belongs", async (_who, make, message) => {
  await expect((async () => make())()).rejects.toThrow(message);
});

test("a key that is no text is not repeated in the message", () => {
  expect(() => openai("m", untyped({ apiKey: { secret: "sk-1" } }))).toThrow(
    new UsageError('openai("m"): apiKey must be a text'),
  );
});

test("undefined is a fine value for an option", async () => {
  const nothing = { timeoutMs: undefined, maxConnections: undefined, capabilities: undefined, apiKey: undefined };
  expect(openai("m", untyped(nothing)).model).toBe("m");
  const options = { name: undefined, cache: undefined, retry: undefined, logger: false, clock: undefined };
  const limits = { concurrency: undefined };
  // No casts: the compiler takes it too.
  const children = [client({ name: "c", lm, limits, adapter: undefined, fallback: undefined })];
  const system = await startSystem({ children, ...options, logger: false });
  const call = { timeoutMs: undefined, signal: undefined, priority: undefined, budget: undefined, trace: undefined };
  expect(await system.forward(qa, { q: "x" }, call)).toEqual({ a: "x" });
  await system.stop();
});

test("a bare run names what it takes", async () => {
  await expect(forward(qa, { q: "x" }, untyped(lm))).rejects.toThrow("forward: no option");
  await expect(forward(qa, { q: "x" }, { clients: untyped(lm) })).rejects.toThrow("clients must be models by name");
  await expect(forward(untyped({ q: "x" }), {}, { clients: { lm } })).rejects.toThrow("forward: expected a program");
  await expect(forward(qa, untyped(null as never), { clients: { lm } })).rejects.toThrow(
    "expected an object of inputs",
  );
});
