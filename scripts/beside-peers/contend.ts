// What the comparisons share: peers in a temporary folder, a fresh server for each, and rows.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type ServerSettings, startServer } from "../../bench/parts/server-process.ts";

export const run = promisify(execFile);

export const DSPY = "dspy==3.4.1";
export const SCRIPTS = import.meta.dirname;

export interface Peers {
  readonly folder: string;
  readonly python: string;
}

/** With DSPy installed in a folder that is gone afterwards. */
export async function withPeers(pythonPackages: readonly string[], compare: (peers: Peers) => Promise<void>) {
  const folder = await mkdtemp(join(tmpdir(), "dspex-peers-"));
  try {
    const packages = [DSPY, ...pythonPackages];
    console.log(`installing ${packages.join(" and ")} in ${folder}`);
    await run("python3", ["-m", "venv", "venv"], { cwd: folder });
    await run(join(folder, "venv", "bin", "pip"), ["install", "--quiet", ...packages], { cwd: folder });
    await compare({ folder, python: join(folder, "venv", "bin", "python") });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** On a server of its own: sockets that linger are not the next one's burden. */
export async function served<Told>(contender: (baseURL: string) => Promise<Told>, settings: ServerSettings = {}) {
  const server = await startServer({ latencyMs: 200, ...settings });
  try {
    return await contender(server.baseURL);
  } finally {
    server.stop();
  }
}

/** What a peer's script printed on its last line. */
export async function told<Told>(command: string, cwd: string, words: readonly string[]): Promise<Told> {
  const { stdout } = await run(command, words, { cwd, maxBuffer: 1e8 });
  // Printed by the script.
  return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as Told;
}

export function show(what: string, value: string, reach?: { readonly text: string; readonly met: boolean }): void {
  const said = reach === undefined ? "" : `  ${reach.text} ${reach.met ? "reached" : "MISSED"}`;
  console.log(`  ${what.padEnd(58)} ${value.padStart(12)}${said}`);
}

export function showAtMost(what: string, value: number, beside: number, most: number): void {
  show(what, `${(value / beside).toFixed(3)} ×`, { text: `≤ ${most} ×`, met: value <= most * beside });
}

export function showAtLeast(what: string, value: number, beside: number, least: number): void {
  show(what, `${(value / beside).toFixed(2)} ×`, { text: `≥ ${least} ×`, met: value >= least * beside });
}
