// Whole compiles beside DSPy's, same seed, same server: random search with the same demos and scores, and a light MIPROv2,
// whose sampler has a stream of its own, so that only its time is compared.
import { isDeepStrictEqual } from "node:util";
import { join } from "node:path";
import { median } from "../../bench/harness.ts";
import { inChild } from "../../bench/parts/child-process.ts";
import type { Searched } from "../../bench/parts/search-work.ts";
import { DSPY, SCRIPTS, served, show, showAtMost, told, withPeers } from "./contend.ts";

const WORK = new URL("../../bench/parts/search-work.ts", import.meta.url).href;
const ROUNDS = 3;
const THREADS = 64;
/** More than are ever ready. */
const AT_ONCE = 1_200;

type Told = Pick<Searched, "wallMs" | "lmCalls" | "candidates" | "demos">;

export async function compareCompiles(): Promise<void> {
  // Its MIPROv2 asks for it, and does not bring it.
  await withPeers(["optuna"], async ({ folder, python }) => {
    console.log(`100 train, 100 val, the server answers after 200 ms; medians of ${ROUNDS} rounds, in turns`);
    const peer = (optimizer: string) => (baseURL: string) =>
      told<Told>(python, folder, [join(SCRIPTS, "compile-dspy.py"), baseURL, optimizer, String(THREADS)]);
    const ours =
      (name: string, ...args: readonly unknown[]) =>
      (baseURL: string) =>
        inChild<Told>({ module: WORK, name, args: [baseURL, ...args] });

    const random = await inTurns(peer("random_search"), ours("searchedAtRandom", AT_ONCE));
    showBoth("random search, 8 candidates", random);
    showAtMost("random search beside DSPy: wall", random.ours.wallMs, random.peer.wallMs, 0.2);
    const same =
      isDeepStrictEqual(random.ours.candidates, random.peer.candidates) &&
      isDeepStrictEqual(random.ours.demos, random.peer.demos);
    show("the same demos, and the same score of each example", same ? "yes" : "no", { text: "yes", met: same });

    const mipro = await inTurns(peer("mipro"), ours("searchedByMipro", AT_ONCE, 6));
    showBoth("mipro, light", mipro);
    showAtMost("mipro beside DSPy: wall", mipro.ours.wallMs, mipro.peer.wallMs, 0.4);
  });
}

type Contender = (baseURL: string) => Promise<Told>;

/** The last of each, with the median of their times. */
async function inTurns(peer: Contender, ours: Contender): Promise<{ readonly peer: Told; readonly ours: Told }> {
  const [theirs, own]: [Told[], Told[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    theirs.push(await served(peer, { lucky: true }));
    own.push(await served(ours, { lucky: true }));
  }
  const of = (each: readonly Told[]): Told => ({
    ...(each.at(-1) as Told),
    wallMs: median(each.map(({ wallMs }) => wallMs)),
  });
  return { peer: of(theirs), ours: of(own) };
}

function showBoth(what: string, { peer, ours }: { readonly peer: Told; readonly ours: Told }): void {
  for (const [name, each] of [
    [`${DSPY}, ${THREADS} threads`, peer],
    ["ours", ours],
  ] as const)
    show(`${what}: ${name}`, `${(each.wallMs / 1_000).toFixed(2)} s, ${each.lmCalls} calls`);
}
