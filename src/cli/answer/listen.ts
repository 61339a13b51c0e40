import {
  actorExited,
  actorStarted,
  childExited,
  childStarted,
  childStartFailed,
  childStopped,
  deadLetter,
  formatReason,
  gaveUp,
  runDecided,
  runEnded,
  runStarted,
  type EventKind,
  type TelemetryEvent,
} from "../../index.ts";

/** Who did what, in a few words each. */
export type Tell = (who: string, what: string) => void;

/**
 * Puts a system's telemetry into words until the returned function is called: what supervisors mend and what runs do about
 * failures; with `all` also every start, end and stop.
 */
export function listen(systemId: string, tell: Tell, all: boolean): () => void {
  const stops: (() => void)[] = [];
  const on = <Event extends TelemetryEvent>(kind: EventKind<Event>, put: (event: Event) => void): void => {
    stops.push(kind.subscribe((event) => event.systemId === systemId && put(event)));
  };
  /** When each child ended, so that a restart can say how long it took. */
  const ended = new Map<string, number>();

  on(childExited, ({ supervisor: label, child, reason, decision, at }) => {
    if (decision === "restart") ended.set(child, at);
    else if (!all) return;
    const then = decision === "restart" ? "it is started again" : "that was its work";
    tell(label, `${child} has ended (${formatReason(reason)}): ${then}`);
  });
  on(childStarted, ({ supervisor: label, child, incarnation, at }) => {
    const since = ended.get(child);
    if (incarnation > 1 && since !== undefined) {
      const took = ((at - since) / 1_000).toFixed(2);
      tell(label, `${child} is up again, its model opened anew (start ${incarnation}, took ${took} s)`);
    } else if (all) tell(label, `${child} is up`);
  });
  on(childStartFailed, ({ supervisor: label, child, reason }) =>
    tell(label, `${child} could not start: ${formatReason(reason)}`),
  );
  on(gaveUp, ({ supervisor: label, intensity, period }) =>
    tell(label, `gives up: more than ${intensity} restarts within ${period} s`),
  );
  on(runDecided, ({ run, name, facts }) => {
    const fact = (key: string): string => describe(facts[key]);
    if (name === "retry")
      tell(run, `request ${fact("attempt")} failed (${fact("code")}): asks again in ${fact("waitMs")} ms`);
    else if (name === "ask_again") tell(run, "the answer cannot be read: asks again");
    else if (all) tell(run, `${name.replaceAll("_", " ")} (${fact("why")})`);
  });
  if (all) {
    on(actorStarted, ({ actor, label }) => tell(`#${actor}`, `${label} has started`));
    on(actorExited, ({ actor, label, reason }) => tell(`#${actor}`, `${label} has ended (${formatReason(reason)})`));
    on(childStopped, ({ supervisor: label, child, reason }) =>
      tell(label, `${child} is stopped (${formatReason(reason)})`),
    );
    on(deadLetter, ({ to, kind }) => tell("nobody", `a ${kind} to ${to}, who is not there`));
    on(runStarted, ({ run, program }) => tell(run, `begins ${program}`));
    on(runEnded, ({ run, code, ms }) => tell(run, `has ended (${code}) after ${Math.round(ms)} ms`));
  }
  return () => {
    for (const stop of stops) stop();
  };
}

function describe(fact: unknown): string {
  return typeof fact === "string" || typeof fact === "number" ? String(fact) : "?";
}
