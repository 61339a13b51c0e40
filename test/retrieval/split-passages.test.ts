import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { splitPassages } from "../../src/retrieval/split-passages.ts";
import { processorMs } from "../processor-time.ts";

describe("splitPassages", () => {
  test.each<[string, string, number, readonly string[]]>([
    ["nothing", " \n\n", 20, []],
    ["a short text", "One.\n\nTwo.", 20, ["One.\n\nTwo."]],
    ["paragraphs that do not fit together", "One one.\n\nTwo two.\n\nThree.", 18, ["One one.\n\nTwo two.", "Three."]],
    ["headings", "Before.\n# A #\nFirst.\n## B\n\nSecond.", 80, ["Before.", "A\n\nFirst.", "B\n\nSecond."]],
    ["a heading without text", "# A\n## B\nText.", 80, ["B\n\nText."]],
    ["a section in several pieces", "# A\nOne one.\n\nTwo two.", 10, ["A\n\nOne one.", "A\n\nTwo two."]],
    ["a long paragraph, by sentences", "It is so. It was so! Is it?", 21, ["It is so. It was so!", "Is it?"]],
    ["a table, by lines", "| a a a a |\n| b b b b |", 16, ["| a a a a |", "| b b b b |"]],
    ["a wide table", "| a    | b |\n| ------ | - |", 80, ["| a | b |\n| --- | - |"]],
    ["a long sentence, by words", "one two three four", 10, ["one two", "three four"]],
    ["one endless word", "abcdefghij", 4, ["abcd", "efgh", "ij"]],
    [
      "a comment in code, which is no heading",
      "```sh\n# not one\nls\n```\nText.",
      80,
      ["```sh\n# not one\nls\n```\nText."],
    ],
    ["other line ends", "# A\r\n\r\nOne.\r\n\r\nTwo.", 80, ["A\n\nOne.\n\nTwo."]],
  ])("%s", (_what, text, maxLength, passages) => {
    expect(splitPassages(text, maxLength)).toEqual(passages);
  });

  test("no character is cut in two", () => {
    expect(splitPassages("🦊🦊🦊", 3)).toEqual(["🦊", "🦊", "🦊"]);
  });

  test("loses no word, and keeps to the length", () => {
    const texts = fc.array(fc.constantFrom("a", "bb.", "ccc", "\n", "\n\n", " ", "```", "dddddddddd?"), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 40 }), (pieces, maxLength) => {
        const text = pieces.join(" ");
        const passages = splitPassages(text, maxLength);
        const letters = (of: string): string => of.replaceAll(/\s/g, "");
        expect(letters(passages.join(""))).toBe(letters(text));
        for (const passage of passages) expect(passage.length).toBeLessThanOrEqual(maxLength);
      }),
      { seed: 20_261_129 },
    );
  });

  test("takes time in proportion to the text", async () => {
    for (const text of [
      "a".repeat(1e6),
      "# ".repeat(5e5),
      " ".repeat(1e6),
      `# a${" #".repeat(2e5)}b`,
      "\n ".repeat(5e5),
    ]) {
      expect(await processorMs(() => splitPassages(text, 1_000))).toBeLessThan(2_000);
    }
  });
});
