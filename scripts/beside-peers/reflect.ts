// GEPA beside DSPy's, same seed, same server, which takes two seconds where it is asked what is to be changed.
import { isDeepStrictEqual } from "node:util";
import { join } from "node:path";
import { median } from "../../bench/harness.ts";
import { inChild } from "../../bench/parts/child-process.ts";
import type { Searched } from "../../bench/parts/search-work.ts";
import { DSPY, SCRIPTS, served, show, showAtMost, told, withPeers } from "./contend.ts";

const WORK = new URL("../../bench/parts/search-work.ts", import.meta.url).href;
const ROUNDS = 3;
const THREADS = 64;
const METRIC_CALLS = 400;
const SERVER = { lucky: true, reflectMs: 1_800 };

interface Told {
  readonly wallMs: number;
  readonly lmCalls: number;
  /** Of the candidates that were evaluated on the valset, in order, with their scores. */
  readonly instructions: readonly string[];
  readonly scores: readonly number[];
}

export async function compareReflection(): Promise<void> {
  await withPeers([], async ({ folder, python }) => {
    const words = (baseURL: string) => [join(SCRIPTS, "reflect-dspy.py"), baseURL, `${THREADS}`, `${METRIC_CALLS}`];
    const peer = (baseURL: string): Promise<Told> => told<Told>(python, folder, words(baseURL));
    const ours = (inFlight: number) => async (baseURL: string) =>
      ownTold(await inChild<Searched>({ module: WORK, name: "searchedByGepa", args: [baseURL, THREADS, inFlight] }));
    const contenders = { dspy: peer, one: ours(1), six: ours(6) };
    const came: Record<keyof typeof contenders, Told[]> = { dspy: [], one: [], six: [] };
    for (let round = 0; round < ROUNDS; round += 1)
      for (const name of ["dspy", "one", "six"] as const) came[name].push(await served(contenders[name], SERVER));
    const wall = (name: keyof typeof came): number => median(came[name].map(({ wallMs }) => wallMs));

    console.log(
      `${METRIC_CALLS} metric calls, a set of 40 that is both; 200 ms a task call, 2 s a reflection; ${ROUNDS} rounds`,
    );
    for (const [name, what] of [
      ["dspy", `${DSPY}, ${THREADS} threads`],
      ["one", "ours, 1 proposal in flight"],
      ["six", "ours, 6 proposals in flight"],
    ] as const)
      show(what, `${(wall(name) / 1_000).toFixed(1)} s, ${came[name].at(-1)?.lmCalls} calls`);
    showAtMost("1 proposal in flight beside DSPy: wall", wall("one"), wall("dspy"), 1);
    showAtMost("6 proposals in flight beside DSPy: wall", wall("six"), wall("dspy"), 0.3);
    const [dspy, one] = [came.dspy.at(-1), came.one.at(-1)];
    const same =
      isDeepStrictEqual(dspy?.instructions, one?.instructions) && isDeepStrictEqual(dspy?.scores, one?.scores);
    show("the same candidates, with the same scores", same ? "yes" : "no", { text: "yes", met: same });
    if (!same) console.log(JSON.stringify({ dspy, one }));
  });
}

/** Refused children are told of, too, which have been evaluated on a minibatch alone. */
function ownTold({ wallMs, lmCalls, candidates, instructions }: Searched): Told {
  const whole = Object.values(candidates).map(({ score, rights }, at) => ({ score, size: rights.length, at }));
  const full = whole.filter(({ size }) => size === 40);
  return {
    wallMs,
    lmCalls,
    instructions: full.map(({ at }) => instructions[at] ?? ""),
    scores: full.map(({ score }) => score),
  };
}
