// All that can be seen of what a program decides: its requests, its searches and what it reads, with models that can do
// this and that, that answer garbage before they answer well, and with a call's own layout over the program's.
import type { Adapter } from "../../../src/adapters/adapter.ts";
import { chatAdapter } from "../../../src/adapters/chat-adapter.ts";
import type { Clock } from "../../../src/foundation/clock.ts";
import type { LanguageModel, LmCapabilities, LmRequest } from "../../../src/lm/language-model.ts";
import { backoff } from "../../../src/lm/retry/retry-policy.ts";
import { callContext, SILENT_LOG } from "../../../src/programs/call-context.ts";
import { someTerms } from "../terms.ts";
import type { TraceStep } from "../../../src/programs/prediction.ts";
import type { CallContext } from "../../../src/programs/call-context.ts";
import type { Program } from "../../../src/programs/program.ts";
import { scripted } from "../../../src/testing/scripted.ts";
import { ANSWERS } from "./random-program.ts";
import type { Made } from "./random-program.ts";

const ALL: LmCapabilities = { schema: true, tools: true, prefill: true, grammar: true };
const NONE: LmCapabilities = { schema: false, tools: false, prefill: false, grammar: false };

/** Waits take no time. */
const AT_ONCE: Clock = {
  now: () => 0,
  wallTime: () => 0,
  setTimer(_ms, fire) {
    queueMicrotask(fire);
    return {};
  },
  clearTimer: () => undefined,
};

export interface World {
  readonly capabilities: LmCapabilities;
  readonly adapter?: Adapter;
  /** Which answer comes first; default garbage. */
  readonly from?: number;
}

export const WORLDS: readonly World[] = [
  { capabilities: NONE },
  { capabilities: { ...NONE, schema: true } },
  { capabilities: { ...ALL, prefill: false } },
  { capabilities: ALL },
  { capabilities: NONE, adapter: chatAdapter() },
  { capabilities: NONE, adapter: chatAdapter(), from: 1 },
  { capabilities: NONE, adapter: chatAdapter(), from: 2 },
];

/** As JSON text. */
export async function observe({ program, inputs }: Made): Promise<string> {
  const seen: unknown[] = [];
  for (const world of WORLDS) seen.push(await observeIn(program, inputs, world));
  return JSON.stringify(seen, tagged);
}

async function observeIn(program: Program, inputs: object, world: World): Promise<unknown> {
  const asked: unknown[] = [];
  const came = await program.forward(inputs, contextIn(world, asked)).then(
    (prediction) => ({ ...prediction }),
    (error: unknown) => String(error),
  );
  return { asked, came };
}

/** What a program is called with in such a world; all that it asks of anybody is noted in `asked`. */
export function contextIn(world: World, asked: unknown[], steps?: TraceStep[]): CallContext {
  const counts = new Map<string, number>();
  const retry = backoff({ maxAttempts: 6 });
  return callContext({
    terms: someTerms({ retry, ...(world.adapter && { adapter: world.adapter }) }),
    signal: new AbortController().signal,
    clock: AT_ONCE,
    log: SILENT_LOG,
    steps,
    client: async (name = "only") => ({ name, lm: model(name, asked, counts, world) }),
    retriever: async (name = "only") => ({
      name,
      retriever: {
        async search(query, k) {
          asked.push({ name, query, k });
          return [{ text: "found", score: 1, source: "s" }];
        },
        close: async () => undefined,
      },
    }),
  });
}

/** To each predictor: garbage, an answer that lacks something, one as it should be, and so on. */
function model(
  client: string,
  asked: unknown[],
  counts: Map<string, number>,
  { capabilities, from = 0 }: World,
): LanguageModel {
  const answer = ({ writeAnswer }: LmRequest, path: string): string => {
    const count = counts.get(path) ?? from;
    counts.set(path, count + 1);
    if (count % 3 === 0) return "???";
    return writeAnswer?.(count % 3 === 1 ? { ...ANSWERS, x: undefined } : ANSWERS) ?? " one";
  };
  let path = "";
  const lm = scripted((request) => answer(request, path), { capabilities, identity: "i" });
  return {
    ...lm,
    generate(request, options) {
      path = options?.affinity?.split(" at ").at(-1) ?? "";
      asked.push({ client, path, ...sent(request) });
      return lm.generate(request, options);
    },
  };
}

function sent(request: LmRequest): object {
  const entries = Object.entries(request).filter(([name]) => name !== "writeAnswer");
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function tagged(this: unknown, _key: string, value: unknown): unknown {
  return typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0))
    ? { number: String(value) }
    : value;
}
