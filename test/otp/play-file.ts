// Plays any file of the three formats, whichever it is.
import type { ActorCase } from "./actor-case.ts";
import { comparable, firstDifference } from "./compare.ts";
import { playActorCase } from "./play-actor-case.ts";
import { playSupervisionCase } from "./play-supervision-case.ts";
import { playTaskCase } from "./play-task-case.ts";
import type { SupervisionCase } from "./supervision-case.ts";
import type { TaskCase } from "./task-case.ts";
import type { PlayerTime } from "./time.ts";

export interface Played {
  readonly name: string;
  readonly rule: string;
  /** The first place where the trace differs from the oracle's; undefined where it does not. */
  readonly difference: string | undefined;
}

export type OtpCase = SupervisionCase | ActorCase | TaskCase;

/** @throws Error when the data is none of the three formats */
export function casesOf(data: unknown): readonly OtpCase[] {
  const file = data as { readonly vectors?: unknown; readonly cases?: unknown } | null;
  const cases = Array.isArray(data) ? data : (file?.vectors ?? file?.cases);
  if (!Array.isArray(cases)) throw new Error('expected { "vectors": […] } or { "cases": […] }');
  const wrong = cases.findIndex((each) => formatOf(each) === undefined);
  if (wrong >= 0) throw new Error(`case ${wrong} is neither a supervision, nor an actor, nor a task case`);
  return cases as OtpCase[];
}

function formatOf(value: unknown): "supervision" | "actors" | "tasks" | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if ("tree" in value) return "supervision";
  if ("kind" in value) return "tasks";
  return "steps" in value ? "actors" : undefined;
}

export async function playCase(played: OtpCase, time: PlayerTime): Promise<Played> {
  const { name, rule } = played;
  try {
    return { name, rule, difference: await difference(played, time) };
  } catch (thrown) {
    return {
      name,
      rule,
      difference: `could not be played: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
    };
  }
}

async function difference(played: OtpCase, time: PlayerTime): Promise<string | undefined> {
  if ("tree" in played) {
    const trace = await playSupervisionCase(played, time);
    return firstDifference(comparable(played, trace), comparable(played, played.expect));
  }
  if ("kind" in played) return firstDifference(await playTaskCase(played, time), played.expect);
  return firstDifference(await playActorCase(played, time), played.expect);
}
