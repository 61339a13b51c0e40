import type { Clock, Timer } from "../foundation/clock.ts";
import { LmError, cancelledError } from "./failure.ts";
import type { ExchangeWatch } from "./transport/answer.ts";

/** How long each part of one request may take, in ms; `Infinity` is no limit. */
export interface CallDeadlines {
  /** From when a connection is asked for until it is there. */
  readonly connectMs: number;
  /** From when the request goes out until the answer's headers are there. */
  readonly firstByteMs: number;
  /** Between any two pieces of the answer. */
  readonly idleMs: number;
  /** For all of it: waiting for a connection, connecting, and the whole body. */
  readonly totalMs: number;
}

/** One request from its start to its end: what may end it early, and with which failure. */
export interface CallLifetime extends ExchangeWatch {
  /** Aborted when the call is ended early: for a `fetch` that knows no better. */
  readonly signal: AbortSignal;
  /** The promise's outcome, or the failure of a call that was ended meanwhile: also where the promise never settles. */
  race<T>(promise: PromiseLike<T>): Promise<T>;
  /**
   * The reader of a stream is busy with what has come, so that nothing more may come for a while: no deadline but the
   * total one counts until `resume`.
   */
  hold(): void;
  resume(): void;
  /**
   * The answer is whole, but for what may still be told behind its end and for the connection's own: there is so long for
   * that, in ms, from each call of this.
   */
  settle(ms: number): void;
  cancel(reason: unknown): void;
  /** Frees the timer and the listener. */
  end(): void;
}

export interface CallLifetimeOptions {
  readonly clock: Clock;
  readonly deadlines: CallDeadlines;
  readonly signal?: AbortSignal | undefined;
  /** Called once, as something of the answer comes. */
  readonly onFirstByte?: (() => void) | undefined;
  readonly host: string;
  readonly provider: string;
}

type Phase = "connect" | "first_byte" | "idle" | "total";

/** A model that writes pauses for longer at times, but not where its answer is whole. */
const QUIET_MS = 1_000;

/** @throws LmError `cancelled` when the signal has been aborted already */
export function beginCall(options: CallLifetimeOptions): CallLifetime {
  const { clock, deadlines, signal, host, provider } = options;
  if (signal?.aborted) throw cancelledError(signal.reason, provider);
  const totalEndsAt = clock.now() + deadlines.totalMs;
  let phase: Phase = "total";
  let phaseEndsAt = Infinity;
  let timer: Timer | undefined;
  let armedAt = Infinity;
  let held = false;
  let settling = false;
  let quiet: { readonly look: () => void; readonly at: number } | undefined;
  let failure: LmError | undefined;
  let controller: AbortController | undefined;
  let rejectRace: ((failure: LmError) => void) | undefined;
  let { onFirstByte } = options;
  let abortExchange: ((reason: Error) => void) | undefined;

  const fail = (why: LmError): void => {
    if (failure !== undefined) return;
    failure = why;
    abortExchange?.(why);
    controller?.abort(why);
    rejectRace?.(why);
  };

  // One timer for all deadlines. It is moved only when a nearer one appears, since most calls end long before any.
  const arm = (at: number): void => {
    if (at >= armedAt) return;
    if (timer !== undefined) clock.clearTimer(timer);
    armedAt = at;
    timer = clock.setTimer(at - clock.now(), onTimer);
  };
  const onTimer = (): void => {
    const now = clock.now();
    timer = undefined;
    armedAt = Infinity;
    if (now >= totalEndsAt) fail(deadlinePassed("total", deadlines, host, provider));
    else if (now >= phaseEndsAt) fail(deadlinePassed(phase, deadlines, host, provider));
    else {
      const due = quiet !== undefined && now >= quiet.at ? quiet : undefined;
      if (due !== undefined) quiet = undefined;
      arm(Math.min(totalEndsAt, phaseEndsAt, quiet?.at ?? Infinity));
      due?.look();
    }
  };
  const enter = (next: Phase, ms: number): void => {
    phase = next;
    phaseEndsAt = clock.now() + ms;
    arm(phaseEndsAt);
  };

  const onAbort = (): void => fail(cancelledError(signal?.reason, provider));
  signal?.addEventListener("abort", onAbort, { once: true });
  // A connection is asked for in a moment, so there is no use in a later one.
  arm(Math.min(totalEndsAt, clock.now() + deadlines.connectMs));

  return {
    get signal(): AbortSignal {
      controller ??= new AbortController();
      if (failure !== undefined) controller.abort(failure);
      return controller.signal;
    },
    connecting: () => enter("connect", deadlines.connectMs),
    sent: () => enter("first_byte", deadlines.firstByteMs),
    received: () => {
      onFirstByte?.();
      onFirstByte = undefined;
      quiet = undefined;
      if (!held && !settling) enter("idle", deadlines.idleMs);
    },
    hold(): void {
      held = true;
      phaseEndsAt = Infinity;
    },
    resume(): void {
      held = false;
      enter("idle", deadlines.idleMs);
    },
    settle(ms): void {
      settling = true;
      enter("idle", ms);
    },
    whenQuiet(look): void {
      quiet = { look, at: clock.now() + Math.min(QUIET_MS, deadlines.idleMs / 2) };
      arm(quiet.at);
    },
    onGivenUp(abort): void {
      abortExchange = abort;
      if (failure !== undefined) abort(failure);
    },
    race: <T>(promise: PromiseLike<T>): Promise<T> =>
      new Promise<T>((resolve, reject) => {
        if (failure !== undefined) {
          // Whatever it still comes to, nobody waits for it.
          void promise.then(undefined, () => {});
          return reject(failure);
        }
        rejectRace = reject;
        promise.then(resolve, reject);
      }),
    cancel: (reason) => fail(cancelledError(reason, provider)),
    end(): void {
      if (timer !== undefined) clock.clearTimer(timer);
      armedAt = -Infinity;
      signal?.removeEventListener("abort", onAbort);
      rejectRace = undefined;
    },
  };
}

function deadlinePassed(phase: Phase, deadlines: CallDeadlines, host: string, provider: string): LmError {
  return new LmError(explain(phase, deadlines, host), { code: "timeout", provider, details: { host, phase } });
}

function explain(phase: Phase, { connectMs, firstByteMs, idleMs, totalMs }: CallDeadlines, host: string): string {
  switch (phase) {
    case "connect":
      return `no connection to ${host} within ${connectMs} ms`;
    case "first_byte":
      return `${host} did not begin to answer within ${firstByteMs} ms`;
    case "idle":
      return `${host} stopped in the middle of its answer: nothing came for ${idleMs} ms`;
    case "total":
      return `${host} did not finish its answer within ${totalMs} ms`;
  }
}
