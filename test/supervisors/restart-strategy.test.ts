import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ExitReason } from "../../src/runtime/exit-reason.ts";
import type { AutoShutdown, RestartType } from "../../src/supervisors/child-spec.ts";
import {
  charge,
  leavesEntry,
  onExit,
  restartGroup,
  shutsDown,
  type Strategy,
} from "../../src/supervisors/restart-strategy.ts";

const CLEAN: readonly ExitReason[] = [
  "normal",
  "shutdown",
  { shutdown: "term" },
  { shutdown: undefined },
  { call: "shutdown" },
];
const ABNORMAL: readonly ExitReason[] = [
  "crash",
  "killed",
  "kill",
  "noproc",
  "timeout",
  { error: new Error("x") },
  { call: "normal" },
  { call: { shutdown: "term" } },
  { await: "shutdown" },
  { bad_return_value: "7" },
  { failed_to_start_child: "a", reason: "normal" },
];

describe("onExit", () => {
  test.each<[RestartType, "restart" | "done", "restart" | "done"]>([
    ["permanent", "restart", "restart"],
    ["transient", "done", "restart"],
    ["temporary", "done", "done"],
  ])("%s: %s after a clean reason, %s after an abnormal one", (restart, clean, abnormal) => {
    for (const reason of CLEAN) expect([reason, onExit(restart, reason)]).toEqual([reason, clean]);
    for (const reason of ABNORMAL) expect([reason, onExit(restart, reason)]).toEqual([reason, abnormal]);
  });
});

test.each<[Strategy, string]>([
  ["one_for_one", "itself"],
  ["one_for_all", "all"],
  ["rest_for_one", "from_itself"],
])("restartGroup: %s restarts %s", (strategy, group) => {
  expect(restartGroup(strategy)).toBe(group);
});

test.each<[RestartType, boolean]>([
  ["permanent", true],
  ["transient", true],
  ["temporary", false],
])("leavesEntry: %s %s", (restart, leaves) => {
  expect(leavesEntry(restart)).toBe(leaves);
});

test.each<[AutoShutdown, boolean, boolean]>([
  ["never", false, false],
  ["never", true, false],
  ["any_significant", false, true],
  ["any_significant", true, true],
  ["all_significant", false, true],
  ["all_significant", true, false],
])("shutsDown: %s, others active: %s, gives %s", (autoShutdown, othersActive, shuts) => {
  expect(shutsDown(autoShutdown, othersActive)).toBe(shuts);
});

describe("charge", () => {
  test.each([
    { what: "the first of one", intensity: 1, history: [], now: 0, allowed: true },
    { what: "the second of one", intensity: 1, history: [0], now: 1, allowed: false },
    { what: "any where none is allowed", intensity: 0, history: [], now: 0, allowed: false },
    { what: "one exactly a period old still counts", intensity: 1, history: [0], now: 5_000, allowed: false },
    { what: "one older than the period is forgotten", intensity: 1, history: [0], now: 5_001, allowed: true },
    { what: "some forgotten, some not", intensity: 2, history: [0, 4_000, 4_500], now: 5_001, allowed: false },
  ])("$what", ({ intensity, history, now, allowed }) => {
    expect(charge(history, now, { intensity, period: 5 }).allowed).toBe(allowed);
  });

  test("leaves the history that it was given as it was", () => {
    const history = Object.freeze([0, 10]);
    expect(charge(history, 20, { intensity: 5, period: 1 }).history).toEqual([0, 10, 20]);
    expect(history).toEqual([0, 10]);
  });

  test("allows what counting all restarts so far within the period would allow", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(4_000), { maxLength: 60 }),
        fc.nat(6),
        fc.integer({ min: 1, max: 4 }),
        (gaps, intensity, period) => {
          let history: readonly number[] = [];
          const attempts: number[] = [];
          let now = 0;
          for (const gap of gaps) {
            now += gap;
            attempts.push(now);
            const within = attempts.filter((at) => at >= now - period * 1_000).length;
            const charged = charge(history, now, { intensity, period });
            if (charged.allowed !== within <= intensity) return false;
            // It remembers no more than it needs.
            if (charged.history.length !== within) return false;
            ({ history } = charged);
          }
          return true;
        },
      ),
      { seed: 20_261_129, numRuns: 500 },
    );
  });
});
