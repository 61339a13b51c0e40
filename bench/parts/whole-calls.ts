// What one process does that measures a build of the library, this one or an earlier one: both have the public surface in
// common and nothing else, so that everything here goes through it.
import type * as Library from "../../src/index.ts";
import { median } from "../harness.ts";

const CLIENT = "bench";
const AT_ONCE = 1_000;
const WAIT_MS = 1_000;
/** No answer comes in time: whatever ends a call, it is not the model. */
const NEVER_MS = 600_000;
/** The code of ends runs once a call: it takes so many rounds until it is compiled, and a round more or less shows. */
const COLD_ROUNDS = 3;
const WARM_ROUNDS = 5;
const ANSWER = "[[ ## answer ## ]]\nyes\n\n[[ ## completed ## ]]";

/** The ways to end all calls of a system that are compared. */
export type EndedBy = "client" | "signals";

/** What a load of requests that wait costs a process. */
export interface Waited {
  readonly cpuMs: number;
  /** How far the process's memory rose above where it was idle. */
  readonly peakMb: number;
}

async function load(build: string): Promise<typeof Library> {
  // A build of ours: of an earlier state, what is used of it here is the same.
  return (await import(build)) as typeof Library;
}

/** CPU milliseconds of so many whole calls on a model in the same process that answers at once, after as many to warm up. */
export async function answeredAtOnce(build: string, count: number): Promise<number> {
  const library = await load(build);
  const system = await start(library, () => Promise.resolve());
  const program = library.predict(library.signature("question -> answer"));
  const round = async (): Promise<void> => {
    for (let done = 0; done < count; done += AT_ONCE)
      await Promise.all(
        Array.from({ length: AT_ONCE }, (_, index) => system.forward(program, { question: `q${index}` })),
      );
  };
  await round();
  const cpuMs = await cpuOf(round);
  await system.stop();
  return cpuMs;
}

/** Bytes of live heap for each of so many whole calls that wait for their model. With `--expose-gc`. */
export async function heapOfForward(build: string, count: number): Promise<number> {
  const library = await load(build);
  const gate = closedGate();
  const system = await start(library, gate.pass);
  const program = library.predict(library.signature("question -> answer"));
  // What the first call makes for all of them is no part of it.
  const first = system.forward(program, { question: "first" });
  await gate.reachedBy(1);
  const before = liveHeap();
  const calls = Array.from({ length: count }, (_, index) => system.forward(program, { question: `q${index}` }));
  await gate.reachedBy(count + 1);
  const bytes = (liveHeap() - before) / count;
  gate.open();
  await Promise.all([first, ...calls]);
  await system.stop();
  return bytes;
}

/** The same for requests that one run has made. */
export async function heapOfRequest(build: string, count: number): Promise<number> {
  const library = await load(build);
  const gate = closedGate();
  const system = await start(library, gate.pass);
  const before = [0];
  const ask = asking(library, count, () => void (before[0] = liveHeap()));
  const asked = system.forward(ask, { question: "q" });
  await gate.reachedBy(count);
  const bytes = (liveHeap() - (before[0] ?? 0)) / count;
  gate.open();
  await asked;
  await system.stop();
  return bytes;
}

/** So many requests of one run at once, each of which waits a second. */
export async function requestsThatWait(build: string, count: number): Promise<Waited> {
  const library = await load(build);
  const system = await start(library, (signal) => waitOrAbort(WAIT_MS, signal, library));
  // What starting up left to do is no part of it.
  await new Promise((resolve) => setTimeout(resolve, 200));
  const idle = process.memoryUsage.rss();
  const cpuMs = await cpuOf(() => system.forward(asking(library, count), { question: "q" }, { timeoutMs: NEVER_MS }));
  // The system's own high-water mark, which misses nothing: it was idle's before.
  const peakMb = (process.resourceUsage().maxRSS * 1_024 - idle) / 1_000_000;
  await system.stop();
  return { cpuMs, peakMb };
}

/**
 * CPU milliseconds from the word to stop until so many calls in flight have their outcome: the median of rounds in a warm
 * process, which begin with a collected heap. Else a full collection falls into some of them. With `--expose-gc`.
 */
export async function ended(build: string, by: EndedBy, count: number): Promise<number> {
  const library = await load(build);
  const once = async (): Promise<number> => {
    const gate = closedGate();
    const system = await start(library, async (signal) => {
      void gate.pass();
      await waitOrAbort(NEVER_MS, signal, library);
    });
    const program = library.predict(library.signature("question -> answer"));
    const signals = Array.from({ length: count }, () => new AbortController());
    const calls = signals.map(({ signal }, index) =>
      system.tryForward(
        program,
        { question: `q${index}` },
        // A call that may ask again would wait for the client to come back.
        { timeoutMs: NEVER_MS, ...(by === "signals" ? { signal } : { retry: library.backoff({ maxAttempts: 1 }) }) },
      ),
    );
    await gate.reachedBy(count);
    const code = by === "signals" ? "cancelled" : "client_down";
    collect();
    const cpuMs = await cpuOf(async () => {
      if (by === "signals") for (const each of signals) each.abort();
      else await stopClient(library, system);
      for (const outcome of await Promise.all(calls))
        if (outcome.ok || outcome.error.code !== code) throw new Error(`a call that has no "${code}" for its outcome`);
    });
    await system.stop();
    return cpuMs;
  };
  const rounds: number[] = [];
  for (let round = 0; round < COLD_ROUNDS + WARM_ROUNDS; round += 1) rounds.push(await once());
  return median(rounds.slice(COLD_ROUNDS));
}

function start(
  library: typeof Library,
  work: (signal: AbortSignal | undefined) => Promise<void>,
): Promise<Library.System> {
  const about = { provider: "bench", model: "bench" };
  const usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15 };
  const lm: Library.LanguageModel = {
    ...about,
    capabilities: { schema: false, tools: false, prefill: false, grammar: false },
    async generate(_request, { signal } = {}) {
      await work(signal);
      return { completions: [{ text: ANSWER, finishReason: "stop" }], usage, model: about.model, id: "1" };
    },
    stream: () => {
      throw new Error("this model does not stream");
    },
    close: () => Promise.resolve(),
  };
  const spec: Library.LmSpec = { ...about, kind: "lm", open: () => Promise.resolve(lm) };
  const children = [library.client({ name: CLIENT, lm: spec })];
  return library.startSystem({ name: "bench", logger: false, cache: false, children });
}

/** A program that makes so many requests at once, past prompts and layouts. */
function asking(library: typeof Library, count: number, before = (): void => {}) {
  return library.program({
    name: "asking",
    parts: {},
    async forward(_parts, _inputs: { readonly question: string }, context) {
      const { lm } = await context.client();
      before();
      const { signal } = context;
      const answers = Array.from({ length: count }, () => lm.generate({ messages: [] }, { signal }));
      return { answers: (await Promise.all(answers)).length };
    },
  });
}

/** Lets nobody through before it is opened, and knows how many have come. */
function closedGate() {
  let reached = 0;
  const waiting: (() => void)[] = [];
  return {
    pass: (): Promise<void> => {
      reached += 1;
      return new Promise((resolve) => void waiting.push(resolve));
    },
    async reachedBy(count: number): Promise<void> {
      for (let seen = reached; seen < count; seen = reached) await new Promise((resolve) => setTimeout(resolve, 10));
    },
    open: (): void => waiting.forEach((pass) => pass()),
  };
}

function waitOrAbort(ms: number, signal: AbortSignal | undefined, { LmError }: typeof Library): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      // Without a stack: the bench is not about what it costs a model to say so.
      const { stackTraceLimit } = Error;
      Error.stackTraceLimit = 0;
      reject(new LmError("cancelled", { code: "cancelled" }));
      Error.stackTraceLimit = stackTraceLimit;
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", end);
      resolve();
    }, ms);
    signal?.addEventListener("abort", end, { once: true });
  });
}

async function stopClient({ whichChildren, terminateChild }: typeof Library, system: Library.System): Promise<void> {
  const groups = await whichChildren(system.runtime, system.root);
  const clients = groups.find(({ id }) => id === "clients")?.ref;
  if (clients === undefined) throw new Error("a system without a group of clients");
  // What a supervisor has for children is a ref to any actor; this one is a supervisor.
  await terminateChild(system.runtime, clients as typeof system.root, CLIENT);
}

function liveHeap(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

function collect(): void {
  if (globalThis.gc === undefined) throw new Error("to be run with --expose-gc");
  globalThis.gc();
  globalThis.gc();
}

async function cpuOf(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
