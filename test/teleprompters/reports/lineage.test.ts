import { expect, test } from "vitest";
import { lineage } from "../../../src/teleprompters/reports/lineage.ts";
import { reflected, reportOf, student } from "./made-job.ts";

const told = (steps: Parameters<typeof lineage>[0]) =>
  lineage(steps).map(({ step, depth, parent, others }) => [step.name, depth, parent?.name, others]);

test("each stands below the first that it was made from, in the order of scoring", () => {
  expect(told(reflected().candidates)).toEqual([
    ["student", 0, undefined, []],
    ["proposal 1", 1, "student", []],
    ["merge 1", 2, "proposal 1", ["proposal 2"]],
    ["proposal 4", 3, "merge 1", []],
    ["proposal 2", 1, "student", []],
    ["refused", 1, "student", []],
  ]);
});

test("who names itself, one that comes later or one that is not there stands at the top", () => {
  const program = student;
  const { candidates } = reportOf([
    { name: "a", program, scores: [1], parents: ["a", "b"] },
    { name: "b", program, scores: [1], parents: ["gone"] },
  ]);
  expect(told(candidates)).toEqual([
    ["a", 0, undefined, ["a", "b"]],
    ["b", 0, undefined, ["gone"]],
  ]);
});

test("a chain may be as long as a search", () => {
  const chain = Array.from({ length: 20_000 }, (_, at) => ({ name: `c${at}`, parents: [`c${at - 1}`] }));
  // Of each it reads no more than these.
  const nodes = lineage(chain as unknown as Parameters<typeof lineage>[0]);
  expect(nodes.at(-1)?.depth).toBe(19_999);
});
