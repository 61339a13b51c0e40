// A simulation: calls through a client's admission to a made-up server, in time that is only counted. It shows what a rule
// for the time after refusals costs, and what it spares the provider. No process, no network, no clock.
import { type Admission, makeAdmission, type Verdict } from "../../../../src/lm/limits/admission.ts";
import { makeCircuitBreaker } from "../../../../src/lm/limits/circuit-breaker.ts";
import type { Pace } from "../../../../src/lm/limits/pace.ts";
import { makeRateLimiter } from "../../../../src/lm/limits/rate-limiter.ts";
import { seededRandom } from "../../../../src/foundation/random.ts";
import { backoff, decideRetry } from "../../../../src/lm/retry/retry-policy.ts";
import type { Server } from "./servers.ts";

const ASKER = Object.freeze({ run: "", priority: "user", share: undefined } as const);

export interface Played {
  /** From the first call to the last answer, in ms. */
  readonly wallMs: number;
  readonly requestsPerCall: number;
  readonly failed: number;
  /** When each request started. */
  readonly starts: readonly number[];
  /** Half of the answers had come by then. */
  readonly halfMs: number;
}

export interface Load {
  readonly calls: number;
  /** Callers that make one call after another. */
  readonly callers: number;
  readonly server: () => Server;
  readonly pace: () => Pace;
  readonly seed?: number;
}

interface Call {
  readonly startedAt: number;
  attempts: number;
}

const POLICY = backoff({ deadlineMs: Infinity });

export function play({ calls, callers, server: makeServer, pace, seed = 1 }: Load): Played {
  const random = seededRandom(seed);
  const server = makeServer();
  const admission: Admission<Call, Call> = makeAdmission({
    client: "main",
    concurrency: Infinity,
    limiter: makeRateLimiter({}),
    pace: pace(),
    breaker: makeCircuitBreaker(false),
  });
  const agenda = makeAgenda();
  const starts: number[] = [];
  const answers: number[] = [];
  let [now, begun, failed, inFlight, wokenAt] = [0, 0, 0, 0, Infinity];

  const take = (verdict: Verdict<Call> | undefined): void => {
    if (verdict?.kind === "granted") request(verdict.waiter);
  };
  const look = (): void => {
    for (const verdict of admission.due(now)) take(verdict);
    const at = admission.nextAt(now);
    if (at === undefined || at >= wokenAt) return;
    // Real timers keep whole milliseconds.
    const wakeAt = Math.max(now + 1, at);
    wokenAt = wakeAt;
    agenda.add(wakeAt, () => {
      // One that was set for later, and overtaken.
      if (wokenAt !== wakeAt) return;
      wokenAt = Infinity;
      look();
    });
  };
  const ask = (call: Call): void => {
    take(admission.ask(call, call, { terms: ASKER }, now));
    look();
  };
  const request = (call: Call): void => {
    starts.push(now);
    call.attempts += 1;
    const { failure, tookMs } = server({ now, inFlight, random });
    if (failure === undefined) inFlight += 1;
    agenda.add(now + tookMs, () => {
      if (failure === undefined) inFlight -= 1;
      admission.ended(call, failure === undefined ? { tokens: 0 } : { failure }, now);
      look();
      if (failure === undefined) {
        answers.push(now);
        return next();
      }
      const facts = { failure, attempt: call.attempts, elapsedMs: now - call.startedAt, random };
      const decision = decideRetry(POLICY, facts);
      if (decision.retry) return agenda.add(now + decision.waitMs, () => ask(call));
      failed += 1;
      next();
    });
  };
  const next = (): void => {
    if (begun >= calls) return;
    begun += 1;
    ask({ startedAt: now, attempts: 0 });
  };

  for (let caller = 0; caller < callers; caller += 1) agenda.add(0, next);
  for (let event = agenda.take(); event !== undefined; event = agenda.take()) {
    now = Math.max(now, event.at);
    event.happens();
  }
  const half = answers[Math.floor(answers.length / 2)] ?? now;
  return { wallMs: answers.at(-1) ?? now, requestsPerCall: starts.length / calls, failed, starts, halfMs: half };
}

interface Event {
  readonly at: number;
  readonly happens: () => void;
}

/** What is to happen, in its order. */
function makeAgenda(): { add(at: number, happens: () => void): void; take(): Event | undefined } {
  /** The first one last. */
  const events: Event[] = [];
  return {
    add(at, happens) {
      let [low, high] = [0, events.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((events[middle]?.at ?? 0) > at) low = middle + 1;
        else high = middle;
      }
      events.splice(low, 0, { at, happens });
    },
    take: () => events.pop(),
  };
}
