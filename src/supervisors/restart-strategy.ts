// Who is restarted, in what order, at what charge: all of a supervisor's decisions and none of its effects.
// Read it next to the "Supervision Principles" of the OTP documentation.
import { type ExitReason, isClean } from "../runtime/exit-reason.ts";
import type { AutoShutdown, RestartType } from "./child-spec.ts";

/**
 * - `one_for_one`: only the child that ended.
 * - `one_for_all`: all children.
 * - `rest_for_one`: that child and those started after it.
 */
export type Strategy = "one_for_one" | "one_for_all" | "rest_for_one";

/** |           | clean reason | abnormal reason |
 *  |-----------|--------------|-----------------|
 *  | permanent | restart      | restart         |
 *  | transient | done         | restart         |
 *  | temporary | done         | done            | */
export function onExit(restart: RestartType, reason: ExitReason): "restart" | "done" {
  switch (restart) {
    case "permanent":
      return "restart";
    case "transient":
      return isClean(reason) ? "done" : "restart";
    case "temporary":
      return "done";
  }
}

/** Which children the restart of one touches: it alone, all, or it and those started after it. */
export function restartGroup(strategy: Strategy): "itself" | "all" | "from_itself" {
  switch (strategy) {
    case "one_for_one":
      return "itself";
    case "one_for_all":
      return "all";
    case "rest_for_one":
      return "from_itself";
  }
}

/** What remains of a child that is stopped for good, ended, or never came up: an entry without a process, or nothing. */
export function leavesEntry(restart: RestartType): boolean {
  return restart !== "temporary";
}

export interface Intensity {
  /** Restarts that are allowed within `period`; one more and the supervisor gives up. */
  readonly intensity: number;
  /** Seconds. */
  readonly period: number;
}

/**
 * Charges one restart attempt (a group restart is one): forget what is older than the period, add this one, and allow
 * it if no more than `intensity` remain. `history` holds times in milliseconds, oldest first.
 */
export function charge(
  history: readonly number[],
  now: number,
  { intensity, period }: Intensity,
): { readonly allowed: boolean; readonly history: readonly number[] } {
  const since = now - period * 1_000;
  // They are in order: looking for the first that counts is all the looking there is.
  let old = 0;
  for (let at = history[old]; at !== undefined && at < since; at = history[old]) old += 1;
  const recent = history.slice(old);
  recent.push(now);
  return { allowed: recent.length <= intensity, history: recent };
}

/**
 * Whether the end of a significant child that is not restarted stops its supervisor too.
 *
 * @param othersActive whether another significant child is running or waiting for its restart
 */
export function shutsDown(autoShutdown: AutoShutdown, othersActive: boolean): boolean {
  switch (autoShutdown) {
    case "never":
      return false;
    case "any_significant":
      return true;
    case "all_significant":
      return !othersActive;
  }
}
