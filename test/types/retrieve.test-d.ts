import { describe, expectTypeOf, test } from "vitest";
import { client } from "../../src/actors/client/client.ts";
import { program } from "../../src/programs/composed-program.ts";
import { forward } from "../../src/programs/bare/forward.ts";
import type { ForwardOptions } from "../../src/programs/bare/forward-options.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import { retrieve } from "../../src/programs/modules/retrieve.ts";
import type { Passage } from "../../src/retrieval/retriever.ts";
import { textIndex } from "../../src/retrieval/text-index.ts";
import { signature } from "../../src/signatures/signature.ts";
import { startSystem } from "../../src/system.ts";
import { scripted } from "../../src/testing/scripted.ts";

declare const options: ForwardOptions;

const search = retrieve({ client: "kb", k: 3 });

describe("retrieve", () => {
  test("takes a query and gives texts, and the passages whole", async () => {
    const { passages, found } = await forward(search, { query: "q" }, options);
    expectTypeOf(passages).toEqualTypeOf<readonly string[]>();
    expectTypeOf(found).toEqualTypeOf<readonly Passage[]>();
    // @ts-expect-error Object literal may only specify known properties, and 'question' does not exist in type 'RetrieveInputs'.
    void forward(search, { question: "q" }, options);
    // @ts-expect-error Object literal may only specify known properties, and 'top' does not exist in type 'RetrieveOptions'.
    retrieve({ top: 3 });
  });

  test("is a part whose passages go into a list of texts", () => {
    program({
      name: "RAG",
      parts: { search, generate: predict(signature("context: string[], question -> answer, score: int")) },
      async forward(parts, { question }: { question: string }) {
        const { passages } = await parts.search({ query: question });
        const made = await parts.generate({ context: passages, question });
        expectTypeOf(made.score).toEqualTypeOf<number>();
        // @ts-expect-error Type 'number' is not assignable to type 'string'.
        await parts.search({ query: made.score });
        return made;
      },
    });
  });
});

describe("a client", () => {
  const retriever = textIndex({ documents: "docs/**/*.md" });
  const lm = scripted([]);

  test("has a model or a retriever", () => {
    void startSystem({ children: [client({ name: "kb", retriever }), client({ name: "lm", lm })] });
    // @ts-expect-error Type 'RetrieverSpec' is missing the following properties from type 'LmSpec': provider, model
    client({ name: "kb", lm: retriever });
    // @ts-expect-error Object literal may only specify known properties, and 'requestsPerMinute' does not exist in type 'RetrieverLimits'.
    client({ name: "kb", retriever, limits: { requestsPerMinute: 3 } });
    // @ts-expect-error Property 'lm' is missing in type '{ name: string; }' but required in type 'ClientOptions'.
    client({ name: "kb" });
  });

  test("of bare code may be any of both", () => {
    void forward(search, { query: "q" }, { clients: { kb: retriever, lm } });
    // @ts-expect-error Type 'string' is not assignable to type 'Retriever | LanguageModel | LmSpec | RetrieverSpec'.
    void forward(search, { query: "q" }, { clients: { kb: "docs" } });
  });

  test("indexes a glob, texts, or texts with their sources", () => {
    textIndex({ documents: ["a", { text: "b", source: "c" }] });
    // @ts-expect-error Property 'source' is missing in type '{ text: string; }' but required in type 'SourceText'.
    textIndex({ documents: [{ text: "b" }] });
  });
});
