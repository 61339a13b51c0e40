import { describe, expect, test } from "vitest";
import {
  type AutoShutdown,
  type FullChildSpec,
  specError,
  withDefaults,
  worker,
} from "../../src/supervisors/child-spec.ts";
import { dynamicSupervisor, supervisor } from "../../src/supervisors/supervision.ts";
import { runner } from "../runtime/world.ts";

const start = (): Promise<{ status: "ignore" }> => Promise.resolve({ status: "ignore" });

describe("withDefaults", () => {
  test("a worker is permanent and has five seconds to stop", () => {
    expect(withDefaults({ id: "a", start })).toEqual({
      id: "a",
      start,
      restart: "permanent",
      shutdown: 5_000,
      type: "worker",
      significant: false,
    });
  });

  test("a supervisor has all the time it needs", () => {
    expect(withDefaults({ id: "a", start, type: "supervisor" }).shutdown).toBe("infinity");
    expect(withDefaults({ id: "a", start, type: "supervisor", shutdown: 10 }).shutdown).toBe(10);
  });

  test("what is given stays, 0 and false included, and the result is frozen", () => {
    const given: FullChildSpec = {
      id: "a",
      start,
      restart: "temporary",
      shutdown: 0,
      type: "worker",
      significant: false,
    };
    expect(withDefaults(given)).toEqual(given);
    expect(Object.isFrozen(withDefaults(given))).toBe(true);
  });
});

describe("specError", () => {
  const check = (spec: object, autoShutdown: AutoShutdown = "never") =>
    // Wrong on purpose: what types forbid, data at run time does.
    specError(withDefaults({ id: "a", start, ...spec }), autoShutdown);

  test.each([["brutal_kill"], ["infinity"], [0], [1], [5_000]])("takes %s for a shutdown", (shutdown) => {
    expect(check({ shutdown })).toBeUndefined();
  });

  test.each([[-1], [1.5], [NaN], [Infinity], ["5000"], ["never"], [null], [{}]])(
    "does not take %s for a shutdown",
    (shutdown) => {
      // `null ?? …` would be the default: only what is left out has one.
      expect(specError({ ...withDefaults({ id: "a", start }), shutdown: shutdown as never }, "never")).toBe(
        "invalid_shutdown",
      );
    },
  );

  test.each<[object, string]>([
    [{ start: "later" }, "invalid_start"],
    [{ restart: "always" }, "invalid_restart_type"],
    [{ significant: "yes" }, "invalid_significant"],
    [{ type: "task" }, "invalid_child_type"],
  ])("%o is %s", (spec, error) => {
    expect(check(spec)).toBe(error);
  });

  test("tells the first thing that OTP would", () => {
    const wrong: object[] = [
      { type: "task" },
      { shutdown: -1 },
      { significant: true },
      { significant: "yes" },
      { restart: "always" },
      { start: 1 },
    ];
    const errors = wrong.map((_, index) => check(Object.assign({}, ...wrong.slice(0, index + 1)) as object));
    expect(errors).toEqual([
      "invalid_child_type",
      "invalid_shutdown",
      "bad_combination",
      "invalid_significant",
      "invalid_restart_type",
      "invalid_start",
    ]);
  });

  test.each<["permanent" | "transient" | "temporary", AutoShutdown, string | undefined]>([
    ["permanent", "never", "bad_combination"],
    ["permanent", "any_significant", "bad_combination"],
    ["permanent", "all_significant", "bad_combination"],
    ["transient", "never", "bad_combination"],
    ["transient", "any_significant", undefined],
    ["transient", "all_significant", undefined],
    ["temporary", "never", "bad_combination"],
    ["temporary", "any_significant", undefined],
    ["temporary", "all_significant", undefined],
  ])("significant, %s, %s: %s", (restart, autoShutdown, error) => {
    expect(check({ restart, significant: true }, autoShutdown)).toBe(error);
    expect(check({ restart }, autoShutdown)).toBeUndefined();
  });
});

describe("makers of child specs", () => {
  test("leave out what was not said, so that the defaults are decided in one place", () => {
    expect(Object.keys(worker({ id: "a", behaviour: runner, args: undefined })).sort()).toEqual([
      "behaviour",
      "id",
      "start",
      "type",
    ]);
    expect(Object.keys(supervisor({ id: "a", children: [] })).sort()).toEqual(["children", "id", "start", "type"]);
    expect(dynamicSupervisor({ id: "a", restart: "transient", shutdown: 7, significant: true })).toMatchObject({
      id: "a",
      type: "supervisor",
      restart: "transient",
      shutdown: 7,
      significant: true,
    });
  });
});
