import { describe, expect, test } from "vitest";
import type { TestModule } from "vitest/node";
import { plainLine, tally } from "../../scripts/plain-reporter.ts";

type State = "passed" | "failed" | "skipped" | "pending";

const one = (state: State) => ({ type: "test", result: () => ({ state }) });
const group = (children: unknown[], errors: string[] = []) => ({ type: "suite", children, errors: () => errors });

/** The part of a module that the reporter reads. */
function file(children: unknown[], errors: string[] = []): TestModule {
  // Building whole modules takes a run of vitest; the reporter touches these three members only.
  return { type: "module", children, errors: () => errors } as unknown as TestModule;
}

describe("the tally of a run", () => {
  test("counts tests in nested suites by what became of them", () => {
    const modules = [file([one("passed"), group([one("failed"), group([one("passed"), one("skipped")])])])];
    expect(tally(modules, 0)).toEqual({ passed: 2, failed: 1, skipped: 1 });
  });

  test("counts a file that could not be imported as a failure", () => {
    expect(tally([file([one("passed")]), file([], ["no such module"])], 0).failed).toBe(1);
  });

  test("counts a hook that threw as a failure", () => {
    expect(tally([file([group([one("skipped")], ["beforeAll"])])], 0)).toEqual({ passed: 0, failed: 1, skipped: 1 });
  });

  test("counts errors outside any test, type errors in sources among them", () => {
    expect(tally([file([one("passed")])], 2).failed).toBe(2);
  });

  test("counts a test that never ran as a failure", () => {
    expect(tally([file([one("pending")])], 0).failed).toBe(1);
  });

  test("never reads as success when the run did not succeed, or ran nothing", () => {
    expect(tally([file([one("passed")])], 0, "interrupted").failed).toBe(1);
    expect(tally([], 0).failed).toBe(1);
  });
});

describe("the line", () => {
  test("mentions skipped tests only when there are some", () => {
    expect(plainLine({ passed: 3, failed: 0, skipped: 0 })).toBe("3 passed, 0 failed");
    expect(plainLine({ passed: 3, failed: 1, skipped: 2 })).toBe("3 passed, 1 failed, 2 skipped");
  });
});
