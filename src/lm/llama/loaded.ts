import { UsageError, asError } from "../../foundation/errors.ts";
import {
  importEngine,
  withForkableFlags,
  type EngineModule,
  type LlamaCompletion,
  type LlamaContextSequence,
  type LlamaEngine,
  type LlamaGrammar,
  type LlamaModel,
  type Token,
} from "./engine.ts";
import { LLAMA_TEMPLATES, recogniseTemplate, type LlamaTemplate, type PromptPiece } from "./template.ts";

export interface LoadOptions {
  readonly path: string;
  readonly contextTokens: number;
  readonly sequences: number;
  readonly threads: number;
  readonly gpu: boolean;
  /** Left out: told from the file. */
  readonly template: LlamaTemplate | undefined;
  readonly signal: AbortSignal | undefined;
}

/** One lane of the model's memory and the means to go on writing in it. */
export interface LlamaLane {
  readonly sequence: LlamaContextSequence;
  readonly completion: LlamaCompletion;
}

/** A model in memory. What is in here belongs to one `open` and is gone after `dispose`. */
export interface LoadedLlama {
  readonly lanes: readonly LlamaLane[];
  readonly contextTokens: number;
  /** The longest context that the model was trained for. */
  readonly trainedTokens: number;
  readonly template: LlamaTemplate;
  /** The token that goes before every prompt, where the model wants one. */
  readonly firstToken: Token | undefined;
  tokens(pieces: readonly PromptPiece[]): Token[];
  /** @throws Error when the grammar cannot be read */
  grammar(gbnf: string): Promise<LlamaGrammar>;
  schemaGrammar(schema: object): Promise<LlamaGrammar>;
  dispose(): Promise<void>;
}

/**
 * Loads the file into an engine of its own.
 *
 * @throws UsageError with one line, when the file is no model that can be loaded or the engine cannot run here
 * @throws the signal's reason when it aborts; nothing stays behind
 */
export async function loadLlama(options: LoadOptions): Promise<LoadedLlama> {
  const { signal } = options;
  const module = await importEngine();
  signal?.throwIfAborted();
  const engine = await startEngine(module, options);
  try {
    signal?.throwIfAborted();
    const model = await engine.loadModel({
      modelPath: options.path,
      ...(options.gpu ? {} : { gpuLayers: 0 }),
      ...(signal && { loadSignal: signal }),
    });
    const contextTokens = Math.min(options.contextTokens, model.trainContextSize);
    const context = await model.createContext({
      contextSize: contextTokens,
      sequences: options.sequences,
      threads: options.threads,
      ...(signal && { createSignal: signal }),
    });
    signal?.throwIfAborted();
    const template = options.template ?? ownTemplate(model, options.path);
    const lanes = Array.from({ length: options.sequences }, () => {
      const sequence = context.getSequence();
      return Object.freeze({ sequence, completion: new module.LlamaCompletion({ contextSequence: sequence }) });
    });
    return Object.freeze({
      lanes: Object.freeze(lanes),
      contextTokens: Math.min(contextTokens, context.contextSize),
      trainedTokens: model.trainContextSize,
      template,
      firstToken: model.tokens.shouldPrependBosToken ? (model.tokens.bos ?? undefined) : undefined,
      tokens: (pieces: readonly PromptPiece[]) =>
        // Only our own markers may become control tokens: "<|im_end|>" in what somebody wrote stays text.
        pieces.flatMap(({ text, control }) => model.tokenize(text, control, "trimLeadingSpace")),
      grammar: (gbnf: string) => engine.createGrammar({ grammar: gbnf }),
      schemaGrammar: (schema: object) =>
        // The schema was rewritten into the dialect; its type there is too narrow to be told from data.
        engine.createGrammarForJsonSchema(schema as { readonly type: "object" }),
      dispose: () => engine.dispose(),
    });
  } catch (thrown) {
    await engine.dispose().catch(() => undefined);
    if (signal?.aborted) throw signal.reason;
    if (thrown instanceof UsageError) throw thrown;
    throw loadFailure(options.path, asError(thrown));
  }
}

async function startEngine(module: EngineModule, { gpu, threads }: LoadOptions): Promise<LlamaEngine> {
  try {
    return await withForkableFlags(() =>
      module.getLlama({
        gpu: gpu ? "auto" : false,
        // A missing binary is an error to tell, not a reason to compile for ten minutes.
        build: "never",
        skipDownload: true,
        progressLogs: false,
        logLevel: module.LlamaLogLevel.disabled,
        logger: () => undefined,
        maxThreads: threads,
      }),
    );
  } catch (thrown) {
    throw new UsageError(
      `node-llama-cpp has no engine for ${process.platform}-${process.arch} in this installation ` +
        `(${firstLine(asError(thrown))}): install it again with its optional packages, or use openai()`,
      { cause: thrown },
    );
  }
}

function ownTemplate(model: LlamaModel, path: string): LlamaTemplate {
  const text = model.fileInfo.metadata.tokenizer.chat_template;
  const name = recogniseTemplate(text);
  if (name) return LLAMA_TEMPLATES[name];
  throw new UsageError(
    `the chat template inside ${path} is none that is known (${Object.keys(LLAMA_TEMPLATES).join(", ")}): ` +
      `give llama({ template }) one of these, or your own`,
  );
}

function loadFailure(path: string, error: Error): UsageError {
  const memory = /memory|vram|ram\b/i.test(error.message);
  return new UsageError(
    memory
      ? `there is not enough memory to load ${path} (${firstLine(error)}): lower contextTokens or sequences, or take a smaller model`
      : `${path} is no model that can be loaded, or is damaged (${firstLine(error)}): delete it and fetch it again, or give llama({ modelPath }) another GGUF file`,
    { cause: error },
  );
}

/** The first line, in printable characters: a damaged file's bytes may stand in the message. */
function firstLine(error: Error): string {
  const [line = ""] = error.message.split("\n");
  return line.replaceAll(/[^\x20-\x7e]+/g, "?").slice(0, 120);
}
