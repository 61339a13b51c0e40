import { setTimeout as sleep } from "node:timers/promises";
import { runDecided } from "../../../src/actors/run/run-events.ts";
import { client } from "../../../src/actors/client/client.ts";
import { chatAdapter } from "../../../src/adapters/chat-adapter.ts";
import { LmError } from "../../../src/lm/failure.ts";
import type { LanguageModel, LmChunk, LmResponse, LmSpec } from "../../../src/lm/language-model.ts";
import { openai } from "../../../src/lm/openai/openai.ts";
import type { OpenAiApi } from "../../../src/lm/openai/protocols.ts";
import { backoff } from "../../../src/lm/retry/retry-policy.ts";
import { forward } from "../../../src/programs/bare/forward.ts";
import { predict } from "../../../src/programs/predict/predict.ts";
import { signature } from "../../../src/signatures/signature.ts";
import { startSystem } from "../../../src/system.ts";
import type { ServerReply } from "../../../src/testing/openai-reply.ts";
import { openaiServer } from "../../../src/testing/openai-server.ts";
import type { OpenAiServer } from "../../../src/testing/openai-server.ts";
import { testClock } from "../../../src/testing/test-clock.ts";
import type { TestClock } from "../../../src/testing/test-clock.ts";

/** What a run did about a fault. */
export interface Played {
  /** As the server counted them. */
  readonly requests: number;
  /** Between the requests, in ms. */
  readonly waits: readonly number[];
  /** `answered`, or the failure's code, with the deadline that passed if it was one. */
  readonly outcome: string;
  readonly ms: number;
  readonly failure: LmError | undefined;
}

export interface PlayOptions {
  readonly reply: ServerReply;
  /** How many requests it befalls; the next ones are answered. */
  readonly times: number;
  readonly how: "bare" | "supervised";
  /** Default `"chat"`. */
  readonly api?: OpenAiApi;
  /** Whether each request asks for a stream, which is then gathered. Default false. */
  readonly streamed?: boolean;
}

/** The deadlines of the table's calls. */
export const DEADLINES = { timeoutMs: 8_000, firstByteTimeoutMs: 5_000, idleTimeoutMs: 2_000 } as const;
/** Without jitter, so that the waits can be written down. */
export const RETRY = backoff({ jitter: "none" });

const GOOD = "[[ ## answer ## ]]\nyes\n\n[[ ## completed ## ]]";
const PROGRAM = predict(signature("question -> answer"), { adapter: chatAdapter() });

/** Runs one program against a server that fails so often. All waiting is on virtual clocks. */
export async function playFault({ reply, times, how, api = "chat", streamed = false }: PlayOptions): Promise<Played> {
  const clocks = { run: testClock(), server: testClock() };
  const server = await openaiServer({
    clock: clocks.server,
    answer: (_request, index) => (index < times ? reply : GOOD),
  });
  const watch = { asking: 0 };
  const spec = openai("m", { baseURL: server.baseURL, env: {}, api, clock: clocks.run, ...DEADLINES });
  const waits: number[] = [];
  const note = (name: string, facts: Readonly<Record<string, unknown>>): void => {
    if (name === "retry") waits.push(Number(facts["waitMs"]));
    if (name === "ask_again") waits.push(0);
  };
  const startedAt = clocks.run.now();
  const runIt = how === "bare" ? runBare : runSupervised;
  try {
    const outcome = await drive(runIt(watched(spec, watch, streamed), clocks.run, note), clocks, server, watch);
    return {
      requests: server.counts.requests,
      waits,
      outcome: outcome === undefined ? "answered" : describeFailure(outcome),
      ms: clocks.run.now() - startedAt,
      failure: outcome,
    };
  } finally {
    await server.close();
  }
}

type Note = (name: string, facts: Readonly<Record<string, unknown>>) => void;

/** The failure, if it failed. */
async function runBare(lm: LmSpec, clock: TestClock, note: Note): Promise<LmError | undefined> {
  const log = {
    contents: false,
    event: (name: string, _level: string, facts: Readonly<Record<string, unknown>>) => note(name, facts),
  };
  const options = { clients: { main: lm }, clock, retry: RETRY, log };
  return failureOf(forward(PROGRAM, { question: "Is it?" }, options));
}

async function runSupervised(lm: LmSpec, clock: TestClock, note: Note): Promise<LmError | undefined> {
  const children = [client({ name: "main", lm })];
  const system = await startSystem({ children, clock, retry: RETRY, logger: false });
  const stopListening = runDecided.subscribe(({ name, facts }) => note(name, facts));
  try {
    return await failureOf(system.forward(PROGRAM, { question: "Is it?" }, { timeoutMs: 600_000 }));
  } finally {
    stopListening();
    await system.stop();
  }
}

async function failureOf(answer: Promise<{ readonly answer: string }>): Promise<LmError | undefined> {
  const outcome = await answer.catch((error: unknown) => error);
  if (outcome instanceof LmError) return outcome;
  // Anything else is a bug in what is tested.
  if (outcome instanceof Error) throw outcome;
  return undefined;
}

function describeFailure({ code, details }: LmError): string {
  return typeof details["phase"] === "string" ? `${code} (${details["phase"]})` : code;
}

/** The same model, with a count of the calls that are under way. */
function watched(spec: LmSpec, watch: { asking: number }, streamed: boolean): LmSpec {
  return {
    ...spec,
    async open(options) {
      const lm = await spec.open(options);
      const generate: LanguageModel["generate"] = async (request, callOptions) => {
        watch.asking += 1;
        try {
          return await (streamed ? gathered(lm.stream(request, callOptions)) : lm.generate(request, callOptions));
        } finally {
          watch.asking -= 1;
        }
      };
      return { ...lm, generate };
    },
  };
}

async function gathered(stream: AsyncIterable<LmChunk>): Promise<LmResponse> {
  for await (const chunk of stream) if (chunk.type === "done") return chunk.response;
  throw new Error("the stream ended without a response");
}

/** Turns of the event loop without a change after which nothing but a clock can bring one. */
const QUIET_TURNS = 60;
/** Slept before that where a server has sent half of an answer: it may be with a system that waits for a processor. */
const SLEEP_MS = 2;

/**
 * Lets the work go on, and moves the clocks only when all of it waits for them: no request is on its way, or the server
 * has gone silent on purpose or waits for its own clock.
 */
async function drive<T>(
  work: Promise<T>,
  clocks: { readonly run: TestClock; readonly server: TestClock },
  server: OpenAiServer,
  watch: { readonly asking: number },
): Promise<T> {
  const ended = { yes: false };
  const done = work.finally(() => {
    ended.yes = true;
  });
  done.catch(() => {});
  let quiet = 0;
  for (let before = ""; !ended.yes;) {
    const silent = server.requests.at(-1)?.outcome === "faulted" && server.inFlight > 0;
    if (silent && quiet === QUIET_TURNS - 1) await sleep(SLEEP_MS);
    else await new Promise<void>((resolve) => setImmediate(resolve));
    const { requests, answered, aborted } = server.counts;
    const state = [watch.asking, requests, answered, aborted, server.inFlight, clocks.run.nextAt].join();
    quiet = state === before ? quiet + 1 : 0;
    before = state;
    const waitsForClock = watch.asking === 0 || silent || clocks.server.pending > 0;
    if (ended.yes || quiet < QUIET_TURNS || !waitsForClock) continue;
    const next = Math.min(clocks.run.nextAt ?? Infinity, clocks.server.nextAt ?? Infinity);
    if (next === Infinity) continue;
    await Promise.all([clocks.run.advance(next - clocks.run.now()), clocks.server.advance(next - clocks.server.now())]);
    quiet = 0;
  }
  return done;
}
