import { counted, inDollars, inTime } from "../../foundation/figure-text.ts";
import { eventKind, stamp, type TelemetryEvent } from "../../foundation/telemetry.ts";
import type { Labels, RunTerms } from "../../programs/run-terms.ts";
import type { Self } from "../../runtime/actor.ts";

export interface RunEvent extends TelemetryEvent {
  /** Of its process, as in `actor:started`. */
  readonly actor: number;
  readonly run: string;
  readonly program: string;
  /** The name of the program actor that runs it. Left out: none does. */
  readonly programActor?: string;
  /** The run that began it, and where in that one's program: its own `run:started` came first. Left out: none did. */
  readonly parent?: string;
  readonly path?: string;
  /** Left out: none. */
  readonly labels?: Labels;
}

/** A run has begun its program. */
export const runStarted = eventKind<RunEvent>("run:started", "debug", (event) => `${whose(event)} has begun`);

function whose({ run, program, programActor = program }: RunEvent): string {
  return programActor === program ? `${run} of ${program}` : `${run} of ${programActor} (${program})`;
}

/**
 * The run's one outcome. `code` is the error's, or `ok`. With what its requests cost: `usd` as far as prices are known. A
 * run that is cut short ends before those of its requests that were under way.
 */
export const runEnded = eventKind<
  RunEvent & {
    readonly code: string;
    readonly ms: number;
    readonly lmCalls: number;
    readonly tokens: number;
    readonly usd: number;
  }
>("run:ended", { upTo: "error", level: ({ code }) => (code === "run_crashed" ? "error" : "info") }, (event) => {
  const { code, ms, lmCalls, tokens, usd } = event;
  const what = code === "ok" ? "is done" : code === "run_crashed" ? "crashed" : `failed: ${code}`;
  const spent =
    lmCalls === 0 ? [] : [counted(lmCalls, "LM call"), counted(tokens, "token"), ...(usd > 0 ? [inDollars(usd)] : [])];
  return [`${whose(event)} ${what}`, inTime(ms), ...spent].join(", ");
});

/**
 * What a run decided on its way: `retry`, `give_up`, `ask_again`, and whatever a program's own `context.log` tells.
 * Prompts and answers are in `facts` only where the system was started with `logContents`.
 */
export const runDecided = eventKind<
  RunEvent & {
    readonly name: string;
    readonly level: "debug" | "info" | "warn";
    readonly facts: Readonly<Record<string, unknown>>;
  }
>(
  "run:decided",
  {
    upTo: "warn",
    level: ({ level }) => level,
    facts: ({ run, program, programActor, labels, name, facts }) => ({
      run,
      program,
      ...(programActor !== undefined && { programActor }),
      ...(labels && { labels }),
      decision: name,
      ...facts,
    }),
  },
  ({ run, name, facts }) => `${run}: ${DECISIONS[name]?.(facts) ?? name}`,
);

type Facts = Readonly<Record<string, unknown>>;

/** In words what the library's own programs decide; anybody else's says its name. */
const DECISIONS: Readonly<Record<string, ((facts: Facts) => string) | undefined>> = Object.freeze({
  retry: ({ client, code, attempt, waitMs }: Facts) =>
    `asks ${String(client)} again ${typeof waitMs === "number" && waitMs > 0 ? `in ${inTime(waitMs)}` : "at once"} after ${String(code)} (attempt ${String(attempt)})`,
  give_up: ({ client, code, attempt, why }: Facts) =>
    `gives up on ${String(client)} after ${String(code)} (attempt ${String(attempt)}, ${String(why)})`,
  ask_again: ({ client, field }: Facts) =>
    `asks ${String(client)} again, as ${field === undefined ? "its answer" : `"${String(field)}"`} could not be read`,
  searched: ({ client, passages, ms }: Facts) =>
    `found ${counted(Number(passages), "passage")} in ${String(client)} in ${inTime(Number(ms))}`,
});

/** A program's handle was given another program: calls that begin from now on run it. */
export const programUpgraded = eventKind<TelemetryEvent & { readonly program: string; readonly to: string }>(
  "program:upgraded",
  "info",
  ({ program, to }) => `program ${program} now runs ${to}`,
);

/** What each event of a run says. Built only where somebody listens. */
export function aboutRun({ ref, runtime }: Self, program: string, terms: RunTerms): RunEvent {
  const { run, parent, path, programActor, labels } = terms;
  return {
    ...stamp(runtime),
    actor: ref.id,
    run,
    program,
    ...(programActor !== undefined && { programActor }),
    ...(parent !== undefined && { parent }),
    ...(path !== undefined && { path }),
    ...(Object.keys(labels).length > 0 && { labels }),
  };
}
