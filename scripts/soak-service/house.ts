// The service that is soaked: a server on loopback with its faults and its walls, models of one's own that fail oddly, and
// programs that do what programs should not.
import { AsyncLocalStorage } from "node:async_hooks";
import {
  backoff,
  chainOfThought,
  client,
  openai,
  predict,
  program,
  programActor,
  signature,
  startSystem,
  textIndex,
  retrieve,
  type LanguageModel,
  type LmSpec,
  type Random,
  type System,
} from "dspex";
import { openaiServer, type OpenAiServer } from "dspex/testing";
import { odd } from "./odd.ts";

/** Who calls. What runs on a caller's behalf must find it. */
export const whose = new AsyncLocalStorage<string>();

/** Looks from inside a program or a model at the caller's context, and how many found another's, or none. */
export interface Looks {
  made: number;
  astray: number;
}

export interface House {
  readonly system: System;
  readonly server: OpenAiServer;
  readonly looks: Looks;
  /** While it stands, the server refuses every request. */
  wall(up: boolean, told: boolean): void;
  /** Generators of the own model that have begun and not ended. */
  readonly generators: () => number;
  close(): Promise<void>;
}

const USAGE = Object.freeze({ inputTokens: 10, outputTokens: 10, totalTokens: 20 });

const qa = predict(signature("question -> answer"), { client: "main" });

export const PROGRAMS = Object.freeze({
  qa,
  twice: chainOfThought(signature("question -> answer"), { client: "responses" }),
  own: predict(signature("question -> answer"), { client: "own" }),
});

/** A part begun early and awaited late, which may have failed meanwhile. */
export const early = program({
  name: "early",
  parts: { one: PROGRAMS.own, two: qa, find: retrieve({ k: 1, client: "kb" }) },
  async forward({ one, two, find }, { question }: { question: string }) {
    const begun = one({ question });
    const [{ answer }] = await Promise.all([two({ question }), find({ query: question })]);
    await begun;
    return { answer };
  },
});

export const SPEC = programActor({ name: "hosted", program: qa, maxConcurrency: 30 });

export async function build(seed: number, random: Random): Promise<House> {
  const looks: Looks = { made: 0, astray: 0 };
  let wall: { readonly told: boolean } | undefined;
  let generators = 0;
  const server = await openaiServer({
    latencyMs: 5,
    jitterMs: 30,
    pieceMs: 1,
    record: false,
    faults: {
      rates: {
        server_error: 0.02,
        reset_before_headers: 0.01,
        reset_in_body: 0.01,
        off_format: 0.01,
        rate_limited: 0.03,
      },
      rateLimitHeaders: { "retry-after": "1" },
      seed,
    },
    answer: ({ messages }) =>
      wall === undefined
        ? rightText(messages)
        : { status: 429, ...(wall.told && { headers: { "retry-after": "1" } }), body: { error: { message: "wall" } } },
  });

  const look = (): void => {
    looks.made += 1;
    if (whose.getStore() === undefined) looks.astray += 1;
  };
  const model: LanguageModel = {
    provider: "own",
    model: "own",
    capabilities: { schema: false, tools: false, prefill: false, grammar: false },
    async generate({ messages }, { signal } = {}) {
      look();
      const draw = random.next();
      if (draw < 0.3) throw odd(draw / 0.3);
      await pause(5, signal);
      look();
      return {
        completions: [{ text: rightText(messages), finishReason: "stop" }],
        usage: USAGE,
        model: "own",
        id: "1",
      };
    },
    /** Goes on for ever: it must be left. */
    async *stream() {
      look();
      generators += 1;
      try {
        yield { type: "text" as const, text: "[[ ## answer ## ]]\n" };
        for (;;) {
          await pause(1);
          if (random.next() < 0.01) throw odd(random.next());
          yield { type: "text" as const, text: "word " };
        }
      } finally {
        generators -= 1;
      }
    },
    close: async () => {},
  };
  const own: LmSpec = { kind: "lm", provider: "own", model: "own", open: async () => model };

  const over = { baseURL: server.baseURL, apiKey: "none" };
  const limits = { concurrency: 64 };
  const system = await startSystem({
    name: "soak-service",
    logger: false,
    cache: { memoryBytes: 1_000_000 },
    retry: backoff({ maxAttempts: 6, baseMs: 50 }),
    children: [
      client({ name: "main", lm: openai("m", over), limits, hedgeAfterMs: 200 }),
      client({ name: "responses", lm: openai("m", { ...over, api: "responses" }), limits, fallback: ["main"] }),
      client({ name: "own", lm: own }),
      client({ name: "kb", retriever: textIndex({ documents: ["item code", "another text"] }) }),
      SPEC,
    ],
  });
  return {
    system,
    server,
    looks,
    wall: (up, told) => void (wall = up ? { told } : undefined),
    generators: () => generators,
    async close() {
      await system.stop();
      await server.close();
    },
  };
}

/** What every answer says: the number that the question names. */
function rightText(messages: readonly { readonly content: unknown }[]): string {
  const number = /item (\d+)\?/.exec(messages.map(({ content }) => JSON.stringify(content)).join("\n"))?.[1];
  return `[[ ## reasoning ## ]]\nBy its number.\n\n[[ ## answer ## ]]\n${rightAnswer(number ?? "unknown")}\n\n[[ ## completed ## ]]`;
}

export function rightAnswer(number: number | string): string {
  return `the code of it is code-${number}`;
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    });
  });
}
