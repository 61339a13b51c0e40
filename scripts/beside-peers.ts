/**
 * `npm run bench:peers`: 2,000 examples evaluated beside DSPy's Evaluate (64 threads) and, 60 of them, Ax's, on one loopback
 * server that answers after 200 ms, caches off. Installs pinned public packages in a temporary folder, for which it takes
 * Python 3 and the network: it is no part of any check.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { median } from "../bench/harness.ts";
import { inChild } from "../bench/parts/child-process.ts";
import type { ServedSet } from "../bench/parts/evaluation-work.ts";
import type { Load } from "../bench/parts/load.ts";
import { startServer } from "../bench/parts/server-process.ts";

const run = promisify(execFile);

const DSPY = "dspy==3.4.1";
const AX = "@ax-llm/ax@24.0.21";
const WORK = new URL("../bench/parts/evaluation-work.ts", import.meta.url).href;
const PEERS = join(import.meta.dirname, "beside-peers");
const EXAMPLES = 2_000;
const ROUNDS = 3;

interface Speed {
  readonly perSecond: number;
  /** Of the evaluating process, in ms. */
  readonly cpuEach: number;
}

type Contender = (baseURL: string) => Promise<Speed>;

function speed({ wallMs, cpuMs }: Pick<Load, "wallMs" | "cpuMs">, count: number): Speed {
  return { perSecond: (count * 1_000) / wallMs, cpuEach: cpuMs / count };
}

function ours(maxConcurrency: number): Contender {
  return async (baseURL) => {
    const set: ServedSet = { baseURL, examples: EXAMPLES, maxConcurrency };
    return speed(await inChild<Load>({ module: WORK, name: "servedSet", args: [set] }), EXAMPLES);
  };
}

function peer(command: string, cwd: string, words: readonly string[], count: number): Contender {
  return async (baseURL) => {
    const [script = "", ...rest] = words;
    const { stdout } = await run(command, [script, baseURL, String(count), ...rest], { cwd, maxBuffer: 1e8 });
    // Printed by the script.
    const told = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as Load & { readonly score: number };
    if (told.score !== 100) throw new Error(`${script} came to a score of ${told.score}`);
    return speed(told, count);
  };
}

async function measured(contender: Contender): Promise<Speed> {
  // A fresh one for each: sockets that linger are not the next one's burden.
  const server = await startServer({ latencyMs: 200 });
  try {
    return await contender(server.baseURL);
  } finally {
    server.stop();
  }
}

function show(what: string, value: string, reach?: { readonly text: string; readonly met: boolean }): void {
  const said = reach === undefined ? "" : `  ${reach.text} ${reach.met ? "reached" : "MISSED"}`;
  console.log(`  ${what.padEnd(52)} ${value.padStart(12)}${said}`);
}

const folder = await mkdtemp(join(tmpdir(), "dspex-peers-"));
try {
  console.log(`installing ${DSPY} and ${AX} in ${folder}`);
  await run("python3", ["-m", "venv", "venv"], { cwd: folder });
  await run(join(folder, "venv", "bin", "pip"), ["install", "--quiet", DSPY], { cwd: folder });
  await writeFile(join(folder, "package.json"), '{ "private": true }\n');
  await run("npm", ["install", "--no-audit", "--no-fund", AX], { cwd: folder });

  const python = join(folder, "venv", "bin", "python");
  const contenders: Readonly<Record<string, Contender>> = {
    dspy: peer(python, folder, [join(PEERS, "evaluate-dspy.py"), "64"], EXAMPLES),
    few: ours(64),
    many: ours(EXAMPLES),
    ax: peer(process.execPath, folder, [join(PEERS, "evaluate-ax.ts")], 60),
  };
  const samples = new Map<string, Speed[]>(Object.keys(contenders).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [name, contender] of Object.entries(contenders)) samples.get(name)?.push(await measured(contender));
  const of = (name: string, part: keyof Speed): number => median((samples.get(name) ?? []).map((each) => each[part]));
  const least = (what: string, value: number, beside: number, least_: number): void =>
    show(what, `${(value / beside).toFixed(2)} ×`, { text: `≥ ${least_} ×`, met: value >= least_ * beside });

  console.log(`${EXAMPLES} examples (Ax: 60), the server answers after 200 ms; medians of ${ROUNDS} rounds`);
  for (const [name, what] of [
    ["dspy", `${DSPY}, 64 threads`],
    ["ax", AX],
    ["few", "ours, maxConcurrency 64"],
    ["many", `ours, maxConcurrency ${EXAMPLES}`],
  ] as const) {
    show(`${what}: examples a second`, of(name, "perSecond").toFixed(1));
    show(`${what}: CPU an example`, `${of(name, "cpuEach").toFixed(2)} ms`);
  }
  least("64 at once, beside DSPy: rate", of("few", "perSecond"), of("dspy", "perSecond"), 1.1);
  least("2,000 at once, beside DSPy: rate", of("many", "perSecond"), of("dspy", "perSecond"), 8);
  const cpu = of("few", "cpuEach") / of("dspy", "cpuEach");
  show("beside DSPy: CPU an example", `${cpu.toFixed(3)} ×`, { text: "≤ 0.12 ×", met: cpu <= 0.12 });
  least("2,000 at once, beside Ax: rate", of("many", "perSecond"), of("ax", "perSecond"), 400);
} finally {
  await rm(folder, { recursive: true, force: true });
}
