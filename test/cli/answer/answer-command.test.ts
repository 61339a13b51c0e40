import { describe, expect, test } from "vitest";
import { answerCommand, readWish } from "../../../src/cli/answer/answer-command.ts";
import { madeWorld } from "../made-world.ts";

describe("readWish", () => {
  test("without options it is the show", () => {
    expect(readWish({})).toEqual({ kind: "show", json: false, verbose: false });
  });

  test("takes a question, its context and how to print", () => {
    expect(readWish({ question: "Why?", context: "-", json: true, verbose: true })).toEqual({
      kind: "question",
      question: "Why?",
      client: undefined,
      context: "-",
      json: true,
      verbose: true,
    });
  });

  test.each([
    [{ question: "  " }, "the question is empty"],
    [{ context: "x.txt" }, "--context needs a --question"],
    [{ client: "llama" }, "--client needs a --question"],
    [{ question: "Why?", context: "" }, "a file's name"],
  ])("%j is wrong usage", (options, said) => {
    expect(() => readWish(options)).toThrow(said);
  });
});

test("the help lists every option and what chooses the model", () => {
  const help = answerCommand(madeWorld().world, () => {}).helpInformation();
  for (const option of ["--question", "--context", "--client", "--json", "--verbose", "--help"])
    expect(help).toContain(option);
});
