// What the small modules that are compiled by themselves import as `dspex`, where signatures are all they need.
export * from "../../src/signatures/signature.ts";
export * from "../../src/signatures/signature-value.ts";
