import { describe, expect, test } from "vitest";
import { healthOf, makeCircuitBreaker, type ProviderHealth } from "../../../src/lm/limits/circuit-breaker.ts";
import { LM_FAILURES, LmError, type LmFailureCode } from "../../../src/lm/failure.ts";

const options = { failures: 3, coolDownMs: 1_000 };

/** A breaker that has opened at 0. */
function opened() {
  const breaker = makeCircuitBreaker(options);
  for (const run of ["a", "b", "c"]) breaker.ended("ill", run, false, 0);
  return breaker;
}

describe("closed", () => {
  test("lets everything pass, and opens when so many runs in a row have failed", () => {
    const breaker = makeCircuitBreaker(options);
    expect(breaker.verdict(0)).toBe("pass");
    expect([breaker.ended("ill", "a", false, 0), breaker.ended("ill", "b", false, 0)]).toEqual([undefined, undefined]);
    expect(breaker.ended("ill", "c", false, 0)).toBe("open");
    expect([breaker.state(0), breaker.verdict(0), breaker.opensInMs(400)]).toEqual(["open", "refuse", 600]);
  });

  test("one run counts once, however often it tries", () => {
    const breaker = makeCircuitBreaker(options);
    for (let attempt = 0; attempt < 20; attempt += 1) expect(breaker.ended("ill", "a", false, 0)).toBeUndefined();
    expect(breaker.state(0)).toBe("closed");
  });

  test("requests of no run count each time", () => {
    const breaker = makeCircuitBreaker(options);
    expect([1, 2, 3].map(() => breaker.ended("ill", undefined, false, 0))).toEqual([undefined, undefined, "open"]);
  });

  test.each<[ProviderHealth, string]>([
    ["well", "closed"],
    ["unknown", "open"],
  ])("one that ended %s in between leaves it %s", (how, state) => {
    const breaker = makeCircuitBreaker(options);
    for (const run of ["a", "b"]) breaker.ended("ill", run, false, 0);
    breaker.ended(how, "x", false, 0);
    breaker.ended("ill", "c", false, 0);
    expect(breaker.state(0)).toBe(state);
  });

  test("among many in flight it takes a quarter of them, as ends may be heard of in clumps", () => {
    const breaker = makeCircuitBreaker(options);
    const ends = Array.from({ length: 24 }, (_, run) => breaker.ended("ill", String(run), false, 0, 99 - run));
    // The twentieth, with 80 others in flight.
    expect(ends.indexOf("open")).toBe(19);
    const lucky = makeCircuitBreaker(options);
    for (let run = 0; run < 10; run += 1) lucky.ended("ill", String(run), false, 0, 99 - run);
    expect([lucky.ended("well", "x", false, 0, 89), lucky.state(0)]).toEqual([undefined, "closed"]);
  });

  test("switched off, it never opens", () => {
    const breaker = makeCircuitBreaker(false);
    for (let run = 0; run < 100; run += 1) breaker.ended("ill", String(run), false, 0);
    expect(breaker.verdict(0)).toBe("pass");
  });
});

describe("open", () => {
  test("further failures of those that were under way do not keep it open for longer", () => {
    const breaker = opened();
    expect(breaker.ended("ill", "d", false, 900)).toBeUndefined();
    expect(breaker.opensInMs(900)).toBe(100);
  });

  test("a success of one that was under way closes it", () => {
    const breaker = opened();
    expect(breaker.ended("well", "d", false, 500)).toBe("closed");
    expect(breaker.verdict(500)).toBe("pass");
  });
});

describe("half open", () => {
  test("one may probe, the others wait for it", () => {
    const breaker = opened();
    expect([breaker.state(1_000), breaker.verdict(1_000)]).toEqual(["half_open", "probe"]);
    breaker.probed();
    expect(breaker.verdict(1_000)).toBe("wait");
  });

  test.each<[ProviderHealth, unknown]>([
    ["well", ["closed", "pass"]],
    ["ill", ["open", "refuse"]],
    // Cancelled: the next one probes.
    ["unknown", [undefined, "probe"]],
  ])("a probe that ended %s decides", (how, decided) => {
    const breaker = opened();
    breaker.probed();
    expect([breaker.ended(how, "p", true, 1_500), breaker.verdict(1_500)]).toEqual(decided);
  });

  test("a probe that was lost with its client is forgotten", () => {
    const breaker = opened();
    breaker.probed();
    breaker.forgetProbe();
    expect(breaker.verdict(1_500)).toBe("probe");
  });
});

test("what each failure says about the provider", () => {
  const said = (code: LmFailureCode): ProviderHealth => healthOf(new LmError("x", { code }));
  const codes = Object.keys(LM_FAILURES) as LmFailureCode[];
  expect(codes.filter((code) => said(code) === "ill")).toEqual(["connection", "server"]);
  const ours = ["timeout", "cancelled", "budget_exceeded", "client_down", "circuit_open", "no_such_client", "busy"];
  expect(codes.filter((code) => said(code) === "unknown")).toEqual([...ours, "request_crashed"]);
  expect(healthOf(new LmError("x", { code: "timeout", details: { phase: "connect" } }))).toBe("ill");
  expect(healthOf(new LmError("x", { code: "timeout", details: { phase: "total" } }))).toBe("unknown");
});
