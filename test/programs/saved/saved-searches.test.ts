import { describe, expect, test } from "vitest";
import { chainOfThought } from "../../../src/programs/modules/chain-of-thought.ts";
import { program } from "../../../src/programs/composed-program.ts";
import { dspyText } from "../../../src/programs/saved/dspy-state.ts";
import { loadProgramFrom } from "../../../src/programs/saved/dump-program.ts";
import { predict } from "../../../src/programs/predict/predict.ts";
import { retrieve, searchesIn } from "../../../src/programs/modules/retrieve.ts";
import { signature } from "../../../src/signatures/signature.ts";

const answer = chainOfThought(signature("context: list[str], question -> answer"));

const inner = program({
  name: "inner",
  parts: { wide: retrieve({ client: "web", k: 10 }), rank: predict(signature("passages: list[str] -> best")) },
  forward: async ({ wide }, { q }: { q: string }) => wide({ query: q }),
});

const rag = program({
  name: "rag",
  parts: { search: retrieve({ client: "kb", k: 3 }), inner, answer },
  forward: async ({ search }, { q }: { q: string }) => search({ query: q }),
});

const ks = (of: typeof rag): object =>
  Object.fromEntries(Object.entries(searchesIn(of)).map(([path, { k, client }]) => [path, `${client} ${k}`]));

/** A file of DSPy with these searches. */
function state(searches: object): object {
  const { search: _, "inner.wide": __, ...predictors } = JSON.parse(dspyText(rag)) as Record<string, unknown>;
  return { ...predictors, ...searches };
}

test("searches are found by path, those of parts within parts too", () => {
  expect(ks(rag)).toEqual({ search: "kb 3", "inner.wide": "web 10" });
  expect(searchesIn(answer)).toEqual({});
});

describe("a file for DSPy", () => {
  test("has what its Retrieve asks for, and nothing where there is none", () => {
    expect(JSON.parse(dspyText(rag))).toMatchObject({ search: { k: 3 }, "inner.wide": { k: 10 } });
    const alone = JSON.parse(dspyText(answer)) as object;
    expect(Object.keys(alone)).toEqual(["predict", "metadata"]);
  });

  test("sets how many passages searches find, and leaves their clients, and those it does not name", () => {
    const loaded = loadProgramFrom(state({ search: { k: 7 } }), rag);
    expect(ks(loaded)).toEqual({ search: "kb 7", "inner.wide": "web 10" });
    expect(ks(loadProgramFrom(state({ "inner.wide": { k: 1 } }), rag))).toEqual({
      search: "kb 3",
      "inner.wide": "web 1",
    });
    expect(ks(rag)).toEqual({ search: "kb 3", "inner.wide": "web 10" });
  });

  test.each<[string, object, string]>([
    [
      "at a place where the program has none",
      { find: { k: 2 } },
      'search "find": the file has a search (k 2) where the program has no retrieve; it has "search", "inner.wide"',
    ],
    ["of no number", { search: { k: "3" } }, 'search "search": its k must be a whole number above 0, got "3"'],
    ["of none", { search: { k: 0 } }, 'search "search": its k must be a whole number above 0, got 0'],
  ])("is refused with a search %s", (_what, searches, message) => {
    expect(() => loadProgramFrom(state(searches), rag)).toThrow(expect.objectContaining({ code: "mismatch", message }));
  });
});
