import { describe, expect, test } from "vitest";
import { chatAdapter } from "../../src/adapters/chat-adapter.ts";
import { jsonAdapter } from "../../src/adapters/json-adapter.ts";
import { UsageError } from "../../src/foundation/errors.ts";
import { seededRandom } from "../../src/foundation/random.ts";
import { backoff } from "../../src/lm/retry/retry-policy.ts";
import { memoryEffects } from "../../src/programs/effects/effect-store.ts";
import { checkRunOptions, type RunOptions } from "../../src/programs/run-terms.ts";
import { someTerms } from "./terms.ts";

const WRONG: readonly (readonly [options: object, said: string])[] = [
  [{ timeoutMs: Number.NaN }, "timeoutMs must be milliseconds"],
  [{ timeoutMs: "5" }, "timeoutMs must be milliseconds"],
  [{ signal: new AbortController() }, "an AbortController: give its signal"],
  [{ runId: "" }, "runId must be a text that is not empty"],
  [{ labels: { tenant: 4 } }, 'labels must be texts by name, got 4 for "tenant"'],
  [{ parent: "run-1" }, "parent must be the context that a program's forward was given"],
  [{ parent: { terms: {} } }, "parent must be the context that a program's forward was given"],
  [{ priority: "high" }, 'priority must be "user" or "optimizer"'],
  [{ share: "" }, "share must be a text that is not empty"],
  [{ budget: { dollars: 1 } }, "budget: no limit"],
  [{ retry: { maxAttempts: 0 } }, "retry: maxAttempts must be a whole number, at least 1"],
  [{ adapter: "json" }, "adapter must be an object"],
  [{ adapter: { name: "mine" } }, 'adapter must have a function "fits"'],
  [{ client: 3 }, "client must be a text that is not empty"],
  [{ config: { temprature: 1 } }, 'did you mean "temperature"'],
  [{ config: { n: 2 } }, "config.n must be 1, got 2"],
  [{ trace: "yes" }, "trace must be true or false"],
  [{ effects: memoryEffects() }, "effects need a runId"],
  [{ effects: { find: () => null }, runId: "r" }, 'effects must have a function "record"'],
  [{ timeOut: 5 }, 'no option "timeOut"'],
];

describe("a run's options", () => {
  test.each(WRONG)("%j are refused: %s", (options, said) => {
    expect(() => checkRunOptions("it", options)).toThrow(UsageError);
    expect(() => checkRunOptions("it", options)).toThrow(said);
  });

  test("may all be undefined", () => {
    const names = ["timeoutMs", "signal", "runId", "labels", "parent", "priority", "share", "budget", "retry", "trace"];
    const all = Object.fromEntries(
      [...names, "adapter", "client", "config", "effects"].map((name) => [name, undefined]),
    );
    expect(() => checkRunOptions("it", all)).not.toThrow();
  });
});

describe("the terms of a run", () => {
  test("are one frozen object, with what stands where nothing is said", () => {
    const terms = someTerms();
    expect(Object.isFrozen(terms)).toBe(true);
    expect(terms).toMatchObject({ run: "r", parent: undefined, labels: {}, endsAt: Infinity, priority: "user" });
    expect(terms).toMatchObject({ share: undefined, overlay: {}, trace: false, effects: undefined });
  });

  test("hold what was said", () => {
    const retry = backoff({ maxAttempts: 2 });
    const said: RunOptions = { runId: "a", timeoutMs: 50, labels: { x: "y" }, share: "s", retry, client: "teacher" };
    const terms = someTerms(
      { ...said, priority: "optimizer", adapter: jsonAdapter(), config: { temperature: 1 } },
      100,
    );
    expect(terms).toMatchObject({
      run: "a",
      endsAt: 150,
      labels: { x: "y" },
      share: "s",
      priority: "optimizer",
      retry,
    });
    expect(terms.overlay).toMatchObject({ client: "teacher", config: { temperature: 1 }, adapter: { name: "json" } });
  });

  test("of a run within a run are the outer one's, where nothing else is said, and it ends no later", () => {
    const outer = {
      runId: "outer",
      timeoutMs: 50,
      labels: { a: "1", b: "1" },
      share: "s",
      priority: "optimizer",
    } as const;
    const parent = { terms: someTerms({ ...outer, adapter: chatAdapter() }), signal: new AbortController().signal };
    const inner = someTerms({ parent, runId: "inner", timeoutMs: 1_000, labels: { b: "2" } }, 10);
    expect(inner).toMatchObject({ run: "inner", parent: "outer", endsAt: 50, labels: { a: "1", b: "2" }, share: "s" });
    expect(inner.priority).toBe("optimizer");
    // How the outer one asks is its own affair.
    expect(inner.overlay).toEqual({});
    expect(someTerms({ parent, timeoutMs: 20, priority: "user" }, 10)).toMatchObject({ endsAt: 30, priority: "user" });
  });

  test("have a stream of draws for each run id, and of it one for each name", () => {
    const draws = (runId: string, name?: string): number => {
      const { random } = someTerms({ runId });
      return (name === undefined ? random : random.stream(name)).next();
    };
    expect(draws("a")).toBe(draws("a"));
    expect(new Set([draws("a"), draws("b"), draws("a", "retry"), draws("a", "x"), draws("b", "x")]).size).toBe(5);
    const random = seededRandom(7).stream("a");
    random.stream("other").next();
    expect(random.next()).toBe(seededRandom(7).stream("a").next());
  });
});
