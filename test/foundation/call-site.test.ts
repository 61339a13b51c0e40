import { describe, expect, test } from "vitest";
import { type CallSite, callSite, tellCaller } from "../../src/foundation/call-site.ts";
import { copied, DspexError, stackless, UsageError } from "../../src/foundation/errors.ts";

function asking() {
  return callSite(asking);
}

function myHandler() {
  return asking();
}

describe("the line of the caller", () => {
  test("stands below an error's own, from the caller on", () => {
    const error = new UsageError("wrong");
    const own = error.stack ?? "";
    tellCaller(error, myHandler());
    expect(error.stack?.startsWith(own)).toBe(true);
    const below = error.stack?.slice(own.length) ?? "";
    expect(below).toMatch(/^\n {4}at myHandler /);
    expect(below).not.toContain("asking");
  });

  test("is told once for each error, and survives a copy of it", () => {
    const make = () => new DspexError("down", { code: "down", retryable: false });
    const error = stackless(make);
    tellCaller(error, myHandler());
    tellCaller(error, asking());
    expect(error.stack?.match(/\n/g)?.length).toBe(error.stack?.match(/ {4}at /g)?.length);
    const once = error.stack;
    expect(once).toContain("myHandler");
    expect(copied(error, make).stack).toBe(once);
  });

  test("leaves alone what is frozen, and gives way to a stack of somebody's own", () => {
    const frozen = Object.freeze(new UsageError("wrong"));
    const before = frozen.stack;
    tellCaller(frozen, myHandler());
    expect(frozen.stack).toBe(before);
    const error = new UsageError("wrong");
    tellCaller(error, myHandler());
    error.stack = "mine";
    expect(error.stack).toBe("mine");
    expect(Object.keys(error)).not.toContain("stack");
  });

  test("is noted with three above it, and no more", () => {
    const above = (levels: number): CallSite => (levels === 0 ? asking() : above(levels - 1));
    expect(above(10).stack?.match(/ {4}at above /g)?.length).toBe(4);
  });

  test("keeps to a limit that somebody has set, and leaves it as it was", () => {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      expect(myHandler().stack).not.toContain("    at ");
      expect(Error.stackTraceLimit).toBe(0);
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  });
});
