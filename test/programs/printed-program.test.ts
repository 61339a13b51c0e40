import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { chainOfThought, predict, program, retrieve, signature } from "../../src/index.ts";

const Triage = signature({
  name: "Triage",
  input: z.object({ ticket: z.string() }),
  output: z.object({ urgent: z.boolean() }),
});
const classify = predict(Triage);
const reply = chainOfThought("ticket -> reply");
const desk = program({
  name: "desk",
  parts: { classify, reply },
  forward: ({ reply: write }, inputs: { ticket: string }) => write(inputs),
});

describe("a printed program is one line", () => {
  test.each([
    [predict("question -> answer"), "predict(question -> answer)"],
    [predict("question -> n: int"), "predict(question -> n: int)"],
    [predict("question -> answer", { name: "qa" }), "predict(qa: question -> answer)"],
    [classify, "predict(Triage: ticket -> urgent: bool)"],
    [predict("q -> a", { demos: [{ q: "1", a: "2" }] }), "predict(q -> a; 1 demo)"],
    [predict("q -> a", { demos: [{ q: "1" }, { q: "2" }] }), "predict(q -> a; 2 demos)"],
    [reply, "chainOfThought(ticket -> reasoning, reply)"],
    [desk, "program(desk: classify, reply)"],
    [retrieve(), "retrieve(retrieve)"],
  ])("%#", (value, line) => expect(inspect(value)).toBe(line));

  test("within other values, too, and its signature is one", () => {
    expect(inspect({ desk, all: [classify] }, { depth: 4 })).toBe(
      "{\n  desk: program(desk: classify, reply),\n  all: [ predict(Triage: ticket -> urgent: bool) ]\n}",
    );
    expect(inspect(signature("question -> n: int"))).toBe("signature(question -> n: int)");
    expect(inspect(Triage)).toBe("signature(Triage: ticket -> urgent: bool)");
  });

  test("and nothing that compares, spreads or writes JSON sees that", () => {
    const [one, other] = [predict("q -> a"), signature("q -> a")];
    for (const value of [one, other]) {
      expect(Object.getOwnPropertySymbols({ ...value })).toEqual([]);
      expect(JSON.stringify(value)).toContain('"kind"');
    }
  });
});
