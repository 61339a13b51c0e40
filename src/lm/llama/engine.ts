import type * as Engine from "node-llama-cpp";
import { asError, UsageError } from "../../foundation/errors.ts";

/**
 * The only file that imports node-llama-cpp, an optional peer: at run time when a model is opened, and its types.
 */
export type {
  Llama as LlamaEngine,
  LlamaCompletion,
  LlamaContextSequence,
  LlamaGrammar,
  LlamaModel,
  Token,
} from "node-llama-cpp";

export type EngineModule = typeof Engine;

/** @throws UsageError when the package is not installed, with the command that installs it */
export async function importEngine(): Promise<EngineModule> {
  try {
    return await import("node-llama-cpp");
  } catch (thrown) {
    const error = asError(thrown);
    const missing = (error as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND";
    throw new UsageError(
      missing
        ? "llama() needs the package node-llama-cpp, which is not installed: npm install node-llama-cpp@3.21.1"
        : `node-llama-cpp cannot be loaded: ${error.message.split("\n")[0]}`,
      { cause: thrown },
    );
  }
}

/**
 * The engine tries its binary in a forked process first, which is given this process's flags; one started with
 * `--input-type` (as `node --input-type=module -e …` is) cannot be forked with that flag. So it is taken off meanwhile.
 */
export async function withForkableFlags<T>(work: () => Promise<T>): Promise<T> {
  const flags = process.execArgv;
  const forkable = flags.filter((flag) => !flag.startsWith("--input-type"));
  if (forkable.length === flags.length) return work();
  process.execArgv = forkable;
  try {
    return await work();
  } finally {
    process.execArgv = flags;
  }
}
