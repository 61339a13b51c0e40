import { stackless } from "../../foundation/errors.ts";
import { leave } from "../../foundation/leaving.ts";
import { LmError } from "../../lm/failure.ts";
import type { LmCallOptions, LmChunk, LmRequest, LmResponse, RequestAbout } from "../../lm/language-model.ts";
import type { ActorRef, CallOf, Protocol } from "../../runtime/actor-ref.ts";
import { estimateInputTokens, outputRoom } from "../../lm/estimate-tokens.ts";
import { behaviour } from "../../runtime/behaviour.ts";
import type { Next, Runtime, Self } from "../../runtime/actor.ts";
import { ExitError, type ExitReason, formatReason } from "../../runtime/exit-reason.ts";
import { tooLate } from "../../lm/limits/admission.ts";
import { clientName, type Permit } from "../client/client.ts";
import { requestEnded } from "../client/request-events.ts";
import type { LedgerEntry } from "../../lm/ledger/entry.ts";
import type { RunTerms } from "../../programs/run-terms.ts";
import { signalIsDone } from "../../runtime/self.ts";
import { systemEnv } from "../system-env.ts";
import { CANCELLED } from "./cancel-groups.ts";

export interface RequestArgs {
  readonly client: string;
  readonly request: LmRequest;
  readonly affinity: string | undefined;
  readonly about: RequestAbout | undefined;
  readonly terms: RunTerms;
  /** By the system's clock: no use in starting it later. */
  readonly startBy: number;
  /** Milliseconds after which it stops waiting for its permit: where nobody else sees to it. */
  readonly waitMs: number;
  /** What it costs is written there. Its starter settles it where it ends without an answer. */
  readonly entry: LedgerEntry;
  /**
   * The incarnation of the client that was asked for a permit, once one was. For whoever started the request: its client's end
   * takes it along, and looks like its own. The process writes into what it is given, and keeps no copy of it.
   */
  granter: ActorRef | undefined;
  /** It has its permit. */
  granted: boolean;
  /** The stream that is being read, once it is. */
  stream?: OpenStream;
  /** Of one that may be hedged, or is a hedge. */
  readonly watch?: RequestWatch | undefined;
}

/** For whoever has to know when a whole answer's request really goes out: it may have waited in its client's line. */
export interface RequestWatch {
  /** It has its permit. */
  sent?(): void;
  /** Its answer is there. Called before its client hears so. */
  answered?(): void;
  /** `tell` is called once when it has had no answer `afterMs` later. */
  readonly slow?: { readonly afterMs: number; tell(): void };
}

export interface RequestProtocol extends Protocol {
  readonly call:
    | CallOf<{ readonly type: "perform" }, LmResponse>
    /** The next piece of a streamed answer; starts the request at the first. */
    | CallOf<{ readonly type: "next" }, LmChunk | undefined>;
  readonly cast: never;
  readonly info: never;
}

type State = RequestArgs;

interface OpenStream {
  readonly permit: Permit;
  readonly pieces: AsyncIterator<LmChunk>;
  /** Something of it has come. */
  began: boolean;
  /** It came to its own end. */
  ended: boolean;
}

type RequestSelf = Self<RequestProtocol>;

/**
 * One request to a model, as a process of its own: it asks the client for a permit, makes the request, replies and ends.
 * It dies with its run and with its client (linked to both), and a bug in a model's code takes nothing else along.
 * Its failures are its exit reason.
 */
export const requestBehaviour = behaviour<RequestArgs, State, RequestProtocol>({
  name: "request",
  endsAsOrphan: CANCELLED,

  init: (args) => ({ state: args }),

  handleCall: (state, call, _from, self) => (call.type === "perform" ? perform(state, self) : next(state, self)),

  inspect: ({ client, terms, about, granted }) => ({
    kind: "request",
    client,
    run: terms.run,
    ...about,
    state: granted ? "in flight" : "waiting",
  }),
});

// No async function, as there is one for each request that waits.
function perform(state: State, self: RequestSelf): Promise<Next<State>> {
  return askPermit(self, state).then(
    (granted) => performWith(granted, state, self),
    (thrown: unknown) => {
      throw notGranted(state, thrown);
    },
  );
}

function performWith(granted: Permit | LmError, state: State, self: RequestSelf): Promise<Next<State>> | Next<State> {
  const permit = taken(granted, state);
  if (state.watch !== undefined) tellWatch(self, state.watch);
  const failed = (failure: unknown): never => {
    state.entry.fail(failure);
    throw unlessDown(self, state, permit, failure);
  };
  let asked: Promise<LmResponse>;
  try {
    asked = permit.lm.generate(state.request, callOptions(self, state, heardBegin(self, permit)));
  } catch (thrown) {
    return failed(thrown);
  }
  // A model is anybody's code, and may give what is no promise.
  return Promise.resolve(asked).then((answer): Next<State> => {
    try {
      if (state.watch === undefined) signalIsDone(self);
      else state.watch.answered?.();
      tellAnswered(self, state, permit, answer);
    } catch (thrown) {
      return failed(thrown);
    }
    return { reply: answer, stop: "normal" };
  }, failed);
}

async function next(state: State, self: RequestSelf): Promise<Next<State>> {
  const stream = (state.stream ??= await openStream(self, state));
  try {
    const piece = await stream.pieces.next();
    if (piece.done === true) {
      stream.ended = true;
      return { reply: undefined, stop: "normal" };
    }
    if (requestEnded.active && !stream.began) tellBegan(self.runtime, self.ref, stream.permit);
    stream.began = true;
    if (piece.value.type === "done") tellAnswered(self, state, stream.permit, piece.value.response);
    return { reply: piece.value };
  } catch (failure) {
    state.entry.fail(failure);
    throw unlessDown(self, state, stream.permit, failure);
  }
}

function callOptions(self: RequestSelf, { affinity }: State, onFirstByte?: () => void): LmCallOptions {
  const given: { -readonly [Name in keyof LmCallOptions]: LmCallOptions[Name] } = { signal: self.signal };
  if (affinity !== undefined) given.affinity = affinity;
  if (onFirstByte !== undefined) given.onFirstByte = onFirstByte;
  return given;
}

async function openStream(self: RequestSelf, state: State): Promise<OpenStream> {
  const permit = await askPermit(self, state).then(
    (granted) => taken(granted, state),
    (thrown: unknown) => {
      throw notGranted(state, thrown);
    },
  );
  const pieces = permit.lm.stream(state.request, callOptions(self, state))[Symbol.asyncIterator]();
  const stream: OpenStream = { permit, pieces, began: false, ended: false };
  // However this process ends: one that is killed while it waits for a piece runs no code of its own any more.
  self.signal.addEventListener("abort", () => stream.ended || leave(pieces), { once: true });
  return stream;
}

function tellWatch(self: RequestSelf, { sent, slow }: RequestWatch): void {
  sent?.();
  if (slow === undefined) return;
  const { clock } = self.runtime;
  const timer = clock.setTimer(slow.afterMs, slow.tell);
  self.signal.addEventListener("abort", () => clock.clearTimer(timer), { once: true });
}

/** The client's own answer, which is an error where there will be no permit. */
function askPermit(self: RequestSelf, state: RequestArgs): Promise<Permit | LmError> {
  const { client, request, about, terms, startBy, waitMs } = state;
  const contents = systemEnv(self.runtime).logContents && { messages: request.messages };
  const promptTokens = estimateInputTokens(request);
  const tokens = promptTokens + outputRoom(request);
  const ask = { type: "acquire" as const, terms, about, startBy, promptTokens, tokens, ...contents };
  const target = clientName(client);
  state.granter = self.whereis(target.name);
  return self.call(target, ask, { timeoutMs: waitMs });
}

function taken(granted: Permit | LmError, state: State): Permit {
  if (granted instanceof LmError) throw granted;
  state.granted = true;
  state.entry.sent();
  return granted;
}

function notGranted({ client }: RequestArgs, thrown: unknown): unknown {
  if (!(thrown instanceof ExitError)) return thrown;
  return thrown.reason === "timeout" ? tooLate(client) : clientDown(client, thrown.reason);
}

/** Gives the permit back with what the answer cost. The client may be gone meanwhile, and then nobody counts. */
function tellAnswered(self: RequestSelf, { entry }: State, { client }: Permit, answer: LmResponse): void {
  entry.settle(answer);
  if (!self.isAlive(client)) return;
  const { logContents } = systemEnv(self.runtime);
  const contents = logContents && { completions: answer.completions };
  self.cast(client, { type: "answered", holder: self.ref, answer, ...contents });
}

/** Whoever watches hears when the answer began; who does not costs the model no call. */
function heardBegin({ ref, runtime }: RequestSelf, permit: Permit): (() => void) | undefined {
  return requestEnded.active ? () => tellBegan(runtime, ref, permit) : undefined;
}

/** A transport may tell of it later than the process lives, so not as the process. */
function tellBegan(runtime: Runtime, holder: ActorRef, { client }: Permit): void {
  if (runtime.isAlive(client)) runtime.cast(client, { type: "began", holder, at: runtime.clock.now() });
}

/** Closing the model may be heard of before the end of the client that closed it. */
function unlessDown(self: RequestSelf, { client }: State, permit: Permit, failure: unknown): unknown {
  // Nobody hears of it any more.
  if (self.signal.aborted) return failure;
  return self.isAlive(permit.client) ? failure : clientDown(client, "noproc");
}

export function clientDown(client: string, reason: ExitReason): LmError {
  const message = `client "${client}" went down: ${formatReason(reason)}`;
  return stackless(() => new LmError(message, { code: "client_down", details: { client } }));
}
