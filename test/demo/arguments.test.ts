import { describe, expect, test } from "vitest";
import { HELP, readArguments } from "../../demo/arguments.ts";

describe("readArguments", () => {
  test("without flags it is the show", () => {
    expect(readArguments([])).toEqual({ kind: "show", json: false, verbose: false });
  });
  test("takes a question, its context and how to print", () => {
    expect(readArguments(["--question", "Why?", "--context", "-", "--json", "--verbose"])).toEqual({
      kind: "question",
      question: "Why?",
      client: undefined,
      context: "-",
      json: true,
      verbose: true,
    });
  });
  test("a question may go without a context", () => {
    expect(readArguments(["--question=Why?"])).toMatchObject({ kind: "question", context: undefined });
  });
  test("--help wins over all else, and lists every flag", () => {
    expect(readArguments(["--help", "--json"])).toEqual({ kind: "help" });
    for (const flag of ["--question", "--context", "--client", "--json", "--verbose", "--help"])
      expect(HELP).toContain(flag);
  });
  test.each([
    [["--question", "  "], "the question is empty"],
    [["--question"], "--question"],
    [["--question", "--json"], "--question"],
    [["--context", "x.txt"], "--context needs a --question"],
    [["--question", "Why?", "--context", ""], "a file's name"],
    [["--jsn"], "'--jsn'"],
    [["--json=yes"], "--json"],
    [["Why?"], "Why?"],
  ])("%j is wrong usage, told in one line", (words, said) => {
    const wish = readArguments(words);
    expect(wish).toMatchObject({ kind: "wrong", message: expect.stringContaining(said) as string });
    expect(wish.kind === "wrong" && wish.message).not.toContain("\n");
  });
});
