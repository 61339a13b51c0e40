import { describe, expect, test } from "vitest";
import { makeEvidence } from "../../../src/lm/limits/evidence.ts";

describe("what the fates of requests tell", () => {
  test("those answered and those refused are counted, those that ended otherwise are not", () => {
    const evidence = makeEvidence();
    const [a, b, c, d] = [0, 1, 2, 3].map((at) => evidence.begun(at));
    if (!a || !b || !c || !d) throw new Error("four were begun");
    expect([evidence.answered(a), evidence.answered(a)]).toEqual([true, false]);
    expect(evidence.refusal(b, 50)).toBe(true);
    evidence.lost(c);
    expect([evidence.passed > 0.9, evidence.refused, evidence.inFlight]).toEqual([true, 1, 1]);
  });

  test("who has been out for longer than a refusal takes was let in", () => {
    const evidence = makeEvidence();
    const slow = evidence.begun(0);
    evidence.refusal(evidence.begun(0), 20);
    // Twice as long, and a little more.
    expect(evidence.patienceMs).toBe(65);
    expect(evidence.outlasted(64)).toBeUndefined();
    expect(evidence.outlasted(65)).toBe(slow);
    expect(evidence.outlasted(65)).toBeUndefined();
    expect(evidence.answered(slow)).toBe(false);
    expect(evidence.passed).toBe(1);
  });

  test("...until it is refused after all, which counts in its place, and makes refusals slow", () => {
    const evidence = makeEvidence();
    const late = evidence.begun(0);
    evidence.refusal(evidence.begun(0), 20);
    evidence.outlasted(65);
    evidence.refusal(late, 300);
    expect([evidence.passed, Math.round(evidence.refused), evidence.patienceMs]).toEqual([0, 2, 625]);
  });

  test("one clump counts once: what was begun before a new round tells nothing new", () => {
    const evidence = makeEvidence();
    const clump = [0, 0, 0].map((at) => evidence.begun(at));
    evidence.newRound();
    expect(clump.map((sent) => evidence.refusal(sent, 50))).toEqual([false, false, false]);
    // They are a row of refusals all the same, unless that begins anew too.
    expect([evidence.refused, evidence.inARow]).toEqual([0, 3]);
    evidence.newRow();
    expect(evidence.inARow).toBe(0);
    expect(evidence.refusal(evidence.begun(60), 110)).toBe(true);
  });

  test("a row of refusals is broken by what was begun after its first, not by what was before", () => {
    const evidence = makeEvidence();
    const [early, first, between] = [0, 1, 2].map((at) => evidence.begun(at));
    if (!early || !first || !between) throw new Error("three were begun");
    evidence.refusal(first, 50);
    evidence.answered(early);
    expect(evidence.inARow).toBe(1);
    evidence.answered(between);
    expect(evidence.inARow).toBe(0);
  });

  test("the last ones weigh most", () => {
    const evidence = makeEvidence();
    for (let at = 0; at < 1_000; at += 1) evidence.answered(evidence.begun(at));
    for (let at = 1_000; at < 1_064; at += 1) evidence.refusal(evidence.begun(at), at + 1);
    expect(evidence.refused).toBeGreaterThan(evidence.passed);
    expect(evidence.refused + evidence.passed).toBeCloseTo(64, 0);
  });

  test("starts a second", () => {
    const evidence = makeEvidence();
    for (let at = 0; at < 5_000; at += 10) evidence.begun(at);
    expect(evidence.perSecond(5_000)).toBeGreaterThan(95);
    expect(evidence.perSecond(5_000)).toBeLessThan(105);
    expect(evidence.perSecond(7_000)).toBeLessThan(1);
  });
});
