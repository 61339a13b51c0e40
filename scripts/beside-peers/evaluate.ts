// 2,000 examples evaluated beside DSPy's Evaluate (64 threads) and, 60 of them, Ax's.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { median } from "../../bench/harness.ts";
import { inChild } from "../../bench/parts/child-process.ts";
import type { ServedSet } from "../../bench/parts/evaluation-work.ts";
import type { Load } from "../../bench/parts/load.ts";
import { DSPY, type Peers, run, SCRIPTS, served, show, showAtLeast, showAtMost, told, withPeers } from "./contend.ts";

const AX = "@ax-llm/ax@24.0.21";
const WORK = new URL("../../bench/parts/evaluation-work.ts", import.meta.url).href;
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
    const came = await told<Load & { readonly score: number }>(command, cwd, [script, baseURL, `${count}`, ...rest]);
    if (came.score !== 100) throw new Error(`${script} came to a score of ${came.score}`);
    return speed(came, count);
  };
}

export async function compareEvaluations(): Promise<void> {
  await withPeers([], async ({ folder, python }: Peers) => {
    await writeFile(join(folder, "package.json"), '{ "private": true }\n');
    await run("npm", ["install", "--no-audit", "--no-fund", AX], { cwd: folder });
    const contenders: Readonly<Record<string, Contender>> = {
      dspy: peer(python, folder, [join(SCRIPTS, "evaluate-dspy.py"), "64"], EXAMPLES),
      few: ours(64),
      many: ours(EXAMPLES),
      ax: peer(process.execPath, folder, [join(SCRIPTS, "evaluate-ax.ts")], 60),
    };
    const samples = new Map<string, Speed[]>(Object.keys(contenders).map((name) => [name, []]));
    for (let round = 0; round < ROUNDS; round += 1)
      for (const [name, contender] of Object.entries(contenders)) samples.get(name)?.push(await served(contender));
    const of = (name: string, part: keyof Speed): number => median((samples.get(name) ?? []).map((each) => each[part]));

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
    showAtLeast("64 at once, beside DSPy: rate", of("few", "perSecond"), of("dspy", "perSecond"), 1.1);
    showAtLeast("2,000 at once, beside DSPy: rate", of("many", "perSecond"), of("dspy", "perSecond"), 8);
    showAtMost("beside DSPy: CPU an example", of("few", "cpuEach"), of("dspy", "cpuEach"), 0.12);
    showAtLeast("2,000 at once, beside Ax: rate", of("many", "perSecond"), of("ax", "perSecond"), 400);
  });
}
