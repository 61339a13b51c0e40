// The programs of examples/supervision, run as a user runs them: each ends by itself, and shows what it says it shows.
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { COMPILED } from "../cli/run-process.ts";

const ROOT = join(import.meta.dirname, "../..");
const FOLDER = join(ROOT, "examples/supervision");
const run = promisify(execFile);

interface Shown {
  readonly output: string;
  /** What the supervisors did, in order: `"shop/search restarted"`. */
  readonly events: readonly string[];
}

/** One line of the timeline: time, supervisor (none where it tells of itself), who, and what happened. */
const LINE = /^ *[\d.]+ ms {2}(\S*) +(\S+) +[●↻✗○‼] (started|restarted|exited|stopped|gave up) *(.*)$/;

/** @throws when it does not exit with 0 within the time */
async function play(name: string): Promise<Shown> {
  const args = ["--conditions=dspex-dev", join(FOLDER, `${name}.ts`)];
  const { stdout, stderr } = await run(process.execPath, args, {
    cwd: ROOT,
    timeout: 55_000,
    env: { ...COMPILED, PATH: "" },
  });
  expect(stderr).toBe("");
  const matches = stdout.split("\n").flatMap((line) => LINE.exec(line) ?? []);
  const events: string[] = [];
  for (let at = 0; at < matches.length; at += 5) {
    const [, above, who, what] = matches.slice(at);
    events.push(`${above === "" ? "" : `${above}/`}${who} ${what}`);
  }
  return { output: stdout, events };
}

/** The events from the first of these words' events on, up to the orderly end of the system. */
function between({ events }: Shown, first: string, last: string): readonly string[] {
  const from = events.indexOf(first);
  expect(from, first).toBeGreaterThanOrEqual(0);
  const to = events.indexOf(last, from);
  expect(to, last).toBeGreaterThan(from);
  return events.slice(from, to + 1);
}

// Each is a process of its own: more at once would only slow each other down.
describe.concurrent("examples/supervision", { timeout: 60_000 }, () => {
  test("one for one restarts the child that ended, and the others keep their state", async () => {
    const shown = await play("one-for-one");
    expect(between(shown, "shop/search exited", "shop/search restarted")).toHaveLength(2);
    expect(shown.events.filter((event) => event.endsWith("restarted"))).toEqual(["shop/search restarted"]);
    expect(shown.output).toMatch(
      /search +· is given[^]*cart +· has counted 3 visits[^]*search +· has counted 1 visit\n/,
    );
  });

  test("one for all stops the others last to first and starts all in order", async () => {
    expect(between(await play("one-for-all"), "stream/parser exited", "stream/writer restarted")).toEqual([
      "stream/parser exited",
      "stream/writer stopped",
      "stream/reader stopped",
      "stream/reader restarted",
      "stream/parser restarted",
      "stream/writer restarted",
    ]);
  });

  test("rest for one restarts the child that ended and those after it", async () => {
    const shown = await play("rest-for-one");
    expect(between(shown, "stack/cache exited", "stack/api exited")).toEqual([
      "stack/cache exited",
      "stack/api stopped",
      "stack/search stopped",
      "stack/cache restarted",
      "stack/search restarted",
      "stack/api restarted",
      "stack/api exited",
    ]);
    expect(shown.events.slice(shown.events.indexOf("stack/api exited")).slice(0, 2)).toEqual([
      "stack/api exited",
      "stack/api restarted",
    ]);
    expect(shown.events).not.toContain("stack/database restarted");
  });

  test("dynamic children come and go, at most so many", async () => {
    const shown = await play("dynamic");
    expect(shown.output).toMatch(/gossip +· refused: max_children/);
    expect(between(shown, "rooms/chess exited", "rooms/gossip restarted")).toEqual([
      "rooms/chess exited",
      "rooms/gossip started",
      "rooms/gossip exited",
      "rooms/gossip restarted",
    ]);
  });

  test("children of a template restart as it says, with their own arguments", async () => {
    const shown = await play("simple-one-for-one");
    expect(shown.events.filter((event) => event.endsWith("restarted"))).toEqual(["listener/cyd restarted"]);
    expect(shown.output).toContain("3 connections; the one called cyd talks to cyd");
  });

  test("a crash loop is stopped after as many restarts as are allowed, and the rest goes on", async () => {
    const shown = await play("intensity");
    expect(shown.events.filter((event) => event === "accounts/billing restarted")).toHaveLength(3);
    expect(between(shown, "accounts gave up", "root/accounts exited")).toEqual([
      "accounts gave up",
      "accounts/ledger stopped",
      "root/accounts exited",
    ]);
    expect(shown.output).toContain("answers 200 OK");
  });

  test("a fault travels up, supervisor by supervisor, until a restart cures it", async () => {
    const shown = await play("escalation");
    const given = shown.events.filter((event) => event.endsWith("gave up"));
    expect(given).toEqual(["shards gave up", "shards gave up", "store gave up"]);
    expect(between(shown, "store gave up", "root/store restarted")).toEqual([
      "store gave up",
      "store/lock stopped",
      "root/store exited",
      "store/lock started",
      "shards/shard started",
      "store/shards started",
      "root/store restarted",
    ]);
  });

  test("children stop last to first, each in its own way", async () => {
    const shown = await play("ordered-shutdown");
    expect(between(shown, "site/web stopped", "root/site stopped")).toEqual([
      "site/web stopped",
      "site/scratch stopped",
      "site/mailer stopped",
      "site/database stopped",
      "root/site stopped",
    ]);
    expect(shown.output).toMatch(/scratch +○ stopped +killed\n/);
    expect(shown.output).toMatch(/mailer +○ stopped +killed\n/);
    expect(shown.output).toMatch(/database +○ stopped +shutdown\n/);
    expect(shown.output).not.toContain("is not asked");
  });

  test("a supervisor ends with the first, or the last, of its significant children", async () => {
    const shown = await play("automatic-shutdown");
    // On a busy machine the build may go on in the midst of it.
    const race = between(shown, "race/hare exited", "root/race exited").filter((event) => /\brace\b/.test(event));
    expect(race).toEqual(["race/hare exited", "race/tortoise stopped", "race/referee stopped", "root/race exited"]);
    const build = between(shown, "build/compile exited", "root/build exited").filter((event) =>
      /\bbuild\b/.test(event),
    );
    expect(build).toEqual(["build/compile exited", "build/test exited", "build/progress stopped", "root/build exited"]);
  });

  test("who asks a named service by name gets an answer through five lives of it", async () => {
    const shown = await play("hot-restart");
    expect(shown.output).toContain("8 callers wanted 320 prices and got 320 right ones");
    expect(shown.events.filter((event) => event.endsWith("restarted"))).toHaveLength(4);
    for (const why of ["killed", "Error: division by zero", "noproc"]) expect(shown.output).toContain(`×  ${why}`);
  });

  test("tasks run three at a time, and one's end is not the others'", async () => {
    const { output } = await play("tasks");
    const results = [...output.matchAll(/ms +(\w+) +· (.*)/g)].map(([, name, result]) => `${name} ${result}`);
    expect(results).toEqual([
      "home home: 600 bytes",
      "prices prices: 1400 bytes",
      "about about: 400 bytes",
      "news no page: Error: 404",
      "archive no page: timeout",
      "contact contact: 700 bytes",
      "jobs jobs: 300 bytes",
      "legal legal: 500 bytes",
    ]);
    expect(output).toContain("6 of 8 pages");
  });
});

test("npm run demo lists every program, with a line each", async () => {
  const { stdout } = await run(process.execPath, ["scripts/demo.ts"], { cwd: ROOT });
  const programs = readdirSync(FOLDER)
    .map((file) => file.replace(/\.ts$/, ""))
    .filter((name) => name !== "timeline");
  const listed = stdout.split("\n").flatMap((line) => /^ {2}(\S+) {2,}\S/.exec(line)?.[1] ?? []);
  expect(listed.toSorted()).toEqual(programs.toSorted());
});

test("npm run demo names what there is when asked for what there is not", async () => {
  const failed = run(process.execPath, ["scripts/demo.ts", "one-for-none"], { cwd: ROOT });
  await expect(failed).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining("There are: one-for-one") });
});
