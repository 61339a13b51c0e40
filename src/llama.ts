/**
 * `dspex/llama`: a language model inside the process. Apart from `dspex` itself, so that nobody loads an engine without
 * asking for it.
 */
import "./foundation/needs-node.ts";
export { fetchWeights, llama, type LlamaOptions } from "./lm/llama/llama.ts";
export { LLAMA_TEMPLATES, type LlamaTemplate, type LlamaTemplateName } from "./lm/llama/template.ts";
export type { WeightsProgress } from "./lm/llama/weights.ts";
