import type { LmUsage } from "../language-model.ts";
import { NO_USAGE } from "../language-model.ts";
import { isRecord, memberOf, readCount } from "../read-json.ts";
import type { ToldTokens } from "../read-usage.ts";
import { tokensUsed } from "../read-usage.ts";

type Count = keyof ToldTokens;

/**
 * The names of counts; where several tell one, the first that has it is taken. Those behind OpenAI's are of Anthropic
 * (`cache_read_input_tokens`), DeepSeek (`prompt_cache_hit_tokens`), Moonshot (`cached_tokens`), Mistral (`num_cached_tokens`),
 * Gemini (`promptTokenCount`), Ollama (`eval_count`) and clients in JavaScript.
 */
const NAMES = ranked({
  input:
    "prompt_tokens input_tokens promptTokens inputTokens prompt_token_count promptTokenCount input_token_count " +
    "prompt_eval_count",
  output:
    "completion_tokens output_tokens completionTokens outputTokens generated_tokens candidates_token_count " +
    "candidatesTokenCount generated_token_count eval_count",
  cached:
    "cached_tokens cache_read_input_tokens prompt_cache_hit_tokens cachedTokens cached_input_tokens num_cached_tokens " +
    "cachedInputTokens cached_content_token_count cachedContentTokenCount",
  reasoning: "reasoning_tokens reasoningTokens thoughts_token_count thoughtsTokenCount",
  total: "total_tokens totalTokens total_token_count totalTokenCount",
});

/** Lists of the parts of the input and of the output, which go before what stands beside these. */
const PARTS = ranked({
  cached:
    "prompt_tokens_details input_tokens_details prompt_token_details input_token_details promptTokensDetails " +
    "inputTokensDetails",
  reasoning:
    "completion_tokens_details output_tokens_details completion_token_details output_token_details " +
    "completionTokensDetails outputTokensDetails",
});

/** Where some tell it where the protocol does not: Groq, relays of Gemini's own words, llama-server. */
const ELSEWHERE = ["x_groq", "usageMetadata", "usage_metadata", "timings"] as const;

/** Gathers what an answer tells of its tokens, in one place or in several. */
export interface UsageReader {
  /**
   * Of a body or an event, and of its choice where it has one (Moonshot's tells it there). What comes later goes before,
   * count by count, unless it is 0: some tell their prompt first and their answer at the end, or zeros at last.
   */
  push(told: Readonly<Record<string, unknown>>, choice?: Readonly<Record<string, unknown>>): void;
  /** Whether any have been told. */
  readonly told: boolean;
  usage(): LmUsage;
}

export function usageReader(): UsageReader {
  let counts: Partial<Record<Count, number>> | undefined;
  const take = (usage: unknown): void => {
    if (isRecord(usage)) counts = { ...counts, ...countsIn(usage) };
  };
  return {
    push(told, choice) {
      for (const name of ELSEWHERE) {
        const there = told[name];
        if (there === undefined) continue;
        // What stands where it belongs has more to it than a timing.
        if (name === "x_groq") take(memberOf(there, "usage"));
        else if (counts === undefined) take(name === "timings" ? ofTimings(there) : there);
      }
      take(choice?.["usage"]);
      take(told["usage"]);
    },
    get told() {
      return counts !== undefined;
    },
    usage: () => (counts === undefined ? NO_USAGE : tokensUsed(counts)),
  };
}

/** llama-server's prompt is what it had to evaluate: what its cache held is told beside that. */
function ofTimings(timings: unknown): object {
  const cached = readCount(memberOf(timings, "cache_n"));
  return {
    prompt_tokens: readCount(memberOf(timings, "prompt_n")) + cached,
    completion_tokens: memberOf(timings, "predicted_n"),
    cached_tokens: cached,
  };
}

/** Of a whole body. */
export function readUsage(told: Readonly<Record<string, unknown>>): LmUsage {
  const reader = usageReader();
  const { choices } = told;
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined;
  reader.push(told, isRecord(choice) ? choice : undefined);
  return reader.usage();
}

function countsIn(usage: Readonly<Record<string, unknown>>): Partial<Record<Count, number>> {
  // Cohere's own API has the tokens in an object, beside those that are charged.
  const from = isRecord(usage["tokens"]) ? usage["tokens"] : usage;
  const counts: Partial<Record<Count, number>> = {};
  const ranks: Partial<Record<Count, number>> = {};
  const take = (known: Ranked | undefined, value: unknown, before: number): void => {
    const count = known === undefined ? 0 : readCount(value);
    if (known === undefined || count === 0) return;
    const rank = known.rank + before;
    if (rank >= (ranks[known.count] ?? Infinity)) return;
    ranks[known.count] = rank;
    counts[known.count] = count;
  };
  // By what is there, which is a handful, and not by what might be.
  for (const [name, value] of Object.entries(from)) {
    const parts = isRecord(value) ? PARTS.get(name) : undefined;
    if (parts === undefined || !isRecord(value)) take(NAMES.get(name), value, 0);
    else
      for (const [part, count] of Object.entries(value)) {
        const known = NAMES.get(part);
        if (known?.count === parts.count) take(known, count, BEFORE_ALL + 100 * parts.rank);
      }
  }
  const beside = besideInput(from);
  if (beside > 0) counts.input = (counts.input ?? 0) + beside;
  return counts;
}

/** What stands in a list of parts goes before all that stands beside it. */
const BEFORE_ALL = -10_000;

/** Told in Anthropic's names alone, the input is what was neither read from a cache nor written to one. */
function besideInput(usage: Readonly<Record<string, unknown>>): number {
  const { prompt_tokens: prompt, input_tokens: input, input_tokens_details: parts } = usage;
  if (prompt !== undefined || input === undefined || isRecord(parts)) return 0;
  return readCount(usage["cache_read_input_tokens"]) + readCount(usage["cache_creation_input_tokens"]);
}

interface Ranked {
  readonly count: Count;
  readonly rank: number;
}

function ranked(names: Partial<Readonly<Record<Count, string>>>): ReadonlyMap<string, Ranked> {
  const known = new Map<string, Ranked>();
  // The keys are its type's.
  for (const count of Object.keys(names) as Count[])
    for (const [rank, name] of (names[count] ?? "").split(" ").entries()) known.set(name, { count, rank });
  return known;
}
