import { expect, test } from "vitest";
import { markdownText } from "../../../src/evaluate/reports/report-markdown.ts";
import { failure, hostileReport, reportOf } from "./made-reports.ts";

test("a page of tables", () => {
  const report = reportOf(
    [
      { inputs: { q: "x" }, labels: { a: "y" }, outputs: { a: "y" }, tags: { level: "easy" } },
      { inputs: { q: "x2" }, labels: { a: "z" }, error: failure("no field"), tags: { level: "hard" } },
    ],
    { slices: ["level"] },
  );
  const markdown = report.toMarkdown({ rows: 1, classes: "a" });
  expect(markdown).toMatch(/^## qa: 50\.00\n\n/);
  expect(markdown).toContain("| unparsable_output | 1 | e1 | no field |");
  expect(markdown).toContain("### By level\n\n| slice | count | score |\n| --- | --- | --- |\n| easy | 1 | 100.00 |");
  expect(markdown).toContain("accuracy 0.5, macro F1 0.5");
  expect(markdown).toContain(
    "### Trials\n\n| # | q | a | expected a | score |\n| --: | --- | --- | --- | --: |\n| 1 | x | y | y | 1 |\n\n… and 1 more\n",
  );
});

test.each([
  ["a|b", String.raw`a\|b`],
  ["`code` **bold** _it_ ~~no~~", String.raw`\`code\` \*\*bold\*\* \_it\_ \~\~no\~\~`],
  ["[x](javascript:alert)", String.raw`\[x\](javascript\:alert)`],
  ["![x](http://h/y.png)", String.raw`!\[x\](http\://h/y.png)`],
  ["<img src=x> & &lt;", "&lt;img src=x&gt; &amp; &amp;lt;"],
  ["see www.example.org #12 @someone", String.raw`see www\.example.org \#12 \@someone`],
  ["$a$ snake_case 5: yes", String.raw`\$a\$ snake_case 5: yes`],
  ["a\r\nb\nc\td\u001B[2J", String.raw`a↵b↵c d\\u{1b}\[2J`],
  ["back\\slash", String.raw`back\\slash`],
])("%j stays text", (text, written) => {
  expect(markdownText(text)).toBe(written);
});

test("every row of every table has as many cells as its head, whatever stands in them", () => {
  const tables = hostileReport()
    .toMarkdown()
    .split("\n\n")
    .filter((part) => part.startsWith("|"));
  expect(tables.length).toBeGreaterThan(3);
  for (const table of tables) {
    const widths = table
      .trimEnd()
      .split("\n")
      .map((line) => line.replaceAll(/\\./g, "").split("|").length);
    expect(new Set(widths).size, table).toBe(1);
  }
});

test("no markup, link or picture comes through", () => {
  const markdown = hostileReport().toMarkdown();
  expect(markdown).not.toMatch(/<|(?<!\\)\]\(|(?<!\\)`|https?:/);
  // oxlint-disable-next-line no-control-regex
  expect(markdown).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202E]/);
});
