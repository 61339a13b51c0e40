/** A worked case in a prompt. Complete when every field of the signature is there; DSPy tells both kinds apart. */
export interface Demo {
  readonly [field: string]: unknown;
}
