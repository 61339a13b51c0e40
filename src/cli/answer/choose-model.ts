import { type LmSpec, openai } from "../../index.ts";
import { fetchWeights, llama, type WeightsProgress } from "../../llama.ts";
import { isLocal } from "../../lm/openai/endpoint.ts";
import { EXTRACTIVE_READER, extractiveReader } from "./extractive-reader.ts";

export interface Choice {
  /** The client's name in the tree. */
  readonly name: "openai" | "llama" | "reader";
  readonly lm: LmSpec;
  /** One line that says what answers, and why this. */
  readonly line: string;
}

export interface ChooseOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onProgress: (event: WeightsProgress) => void;
  readonly signal?: AbortSignal;
  /** Default: fetches the embedded model's weights if they are not there. */
  readonly fetchWeights?: (options: {
    readonly onProgress: (event: WeightsProgress) => void;
    readonly signal?: AbortSignal;
  }) => Promise<string>;
}

/** The one that examples and docs name, too: a test holds them to it. */
export const MODEL = "gpt-5.6-luna";

/**
 * Which model answers: one behind OpenAI's protocol where a key or a local server is set; else the embedded one; else,
 * when its weights cannot be had, the reader that is no model.
 *
 * @throws Error with one line when the weights are there but damaged, and cannot be fetched anew: a thing to mend, not
 *   to step over
 */
export async function chooseModel(options: ChooseOptions): Promise<Choice> {
  const { env, onProgress, signal } = options;
  const hosted = hostedModel(env);
  if (hosted) return hosted;

  let damaged = false;
  const ready = options.fetchWeights ?? fetchWeights;
  try {
    await ready({
      onProgress(event) {
        damaged ||= event.kind === "rejected";
        onProgress(event);
      },
      ...(signal && { signal }),
    });
    const lm = llama();
    return { name: "llama", lm, line: `model: ${lm.model}, in this process (no OPENAI_API_KEY is set)` };
  } catch (thrown) {
    if (damaged || signal?.aborted) throw thrown;
    return readerInstead(thrown);
  }
}

/** What answers when the embedded model cannot run here. */
export function readerInstead(why: unknown): Choice {
  const reason = why instanceof Error ? why.message : String(why);
  return {
    name: "reader",
    lm: extractiveReader(),
    line: `model: ${EXTRACTIVE_READER}. NO LANGUAGE MODEL COULD BE HAD, SO THE BEST SENTENCE OF THE CONTEXT IS THE ANSWER: ${reason}`,
  };
}

function hostedModel(env: ChooseOptions["env"]): Choice | undefined {
  const hasKey = isSet(env["OPENAI_API_KEY"]);
  const base = isSet(env["OPENAI_BASE_URL"]) ? env["OPENAI_BASE_URL"].trim() : undefined;
  const url = base !== undefined && URL.canParse(base) ? new URL(base) : undefined;
  // What is no URL goes on to the client, whose error says so.
  if (!hasKey && !(base !== undefined && (url === undefined || isLocal(url.hostname)))) return undefined;
  const model = isSet(env["DSPEX_MODEL"]) ? env["DSPEX_MODEL"].trim() : MODEL;
  const where = url ? url.host : "api.openai.com";
  const why = isSet(env["DSPEX_MODEL"]) ? "" : " (DSPEX_MODEL chooses another)";
  return { name: "openai", lm: openai(model), line: `model: ${model}, at ${where}${why}` };
}

function isSet(text: string | undefined): text is string {
  return text !== undefined && text.trim() !== "";
}
