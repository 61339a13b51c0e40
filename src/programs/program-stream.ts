import { captureScope } from "../foundation/async-scope.ts";
import { checkSignal } from "../foundation/check-options.ts";
import type { OutputsOf } from "../signatures/signature-value.ts";
import type { AnswerPart, PartListener } from "./answer-part.ts";
import { itemQueue } from "./item-queue.ts";
import type { Program } from "./program.ts";
import { isProgram, notProgram } from "./program-tree.ts";
import type { Prediction } from "./prediction.ts";

/** What a program takes. */
export type ProgramInputs<P extends Program> = P extends Program<infer Inputs> ? Inputs : never;

/** What a program gives. */
export type ProgramOutputs<P extends Program> = P extends Program<never, infer Outputs> ? Outputs : never;

/**
 * The parts that may come from a program: of each of its predictors, by path, each output. Of a program whose insides are
 * not known to the compiler, any.
 */
export type PartOf<P, Prefix extends string = ""> = P extends { readonly kind: "predict"; readonly signature: infer S }
  ? AnswerPart<Prefix extends "" ? "self" : Prefix, FieldName<OutputsOf<S>>>
  : P extends { readonly parts: infer Parts }
    ? string extends keyof Parts
      ? AnswerPart
      : { [Name in keyof Parts & string]: PartOf<Parts[Name], Joined<Prefix, Name>> }[keyof Parts & string]
    : AnswerPart;

type Joined<Prefix extends string, Name extends string> = Prefix extends "" ? Name : `${Prefix}.${Name}`;

type FieldName<Outputs> = [keyof Outputs] extends [never] ? string : keyof Outputs & string;

/** What a streamed program gives: parts while the answers come, and at last the prediction. */
export type StreamItem<P extends Program> =
  | (PartOf<P> & { readonly type: "part" })
  | { readonly type: "prediction"; readonly prediction: Prediction<ProgramOutputs<P>> };

/**
 * A program's answers as they come, for one loop. It begins when the loop does, and ends with the prediction as its last
 * item, or throws the one error of the call. Nothing is read ahead of the loop but a handful of parts; leaving it cancels
 * the call, also while it waits for the next item (`return`).
 */
export interface ProgramStream<P extends Program> extends AsyncDisposable {
  [Symbol.asyncIterator](): ProgramStream<P>;
  next(): Promise<IteratorResult<StreamItem<P>, undefined>>;
  return(): Promise<IteratorResult<StreamItem<P>, undefined>>;
}

/** Runs the program: tells `parts` what comes, and minds `signal`, which says that nobody listens any more. */
export type StreamedRun = (parts: PartListener, signal: AbortSignal) => Promise<Prediction<object>>;

/** Parts that may wait for the loop before a model's stream has to. */
const ROOM = 8;

/**
 * @param outside aborting it ends the call as `cancelled`
 * @throws UsageError for what is no program
 */
export function programStream<P extends Program>(
  program: P,
  outside: AbortSignal | undefined,
  run: StreamedRun,
): ProgramStream<P> {
  if (!isProgram(program)) throw notProgram("stream: expected", program);
  checkSignal("stream", outside);
  const items = itemQueue<StreamItem<P>>(ROOM);
  // The call is this one's, whoever reads it.
  const scope = captureScope();
  const life = new AbortController();
  let begun = false;

  const onAbort = (): void => life.abort(outside?.reason);
  // Nobody waits for the run of a loop that was left: it may take its time to end, or never.
  const stopListening = (): void => outside?.removeEventListener("abort", onAbort);

  const begin = (): void => {
    begun = true;
    if (outside?.aborted) onAbort();
    outside?.addEventListener("abort", onAbort, { once: true });
    // The parts are of this program's predictors and the prediction is its own, which is what the item's type says.
    const item = (value: object): StreamItem<P> => Object.freeze(value) as StreamItem<P>;
    const listener: PartListener = (parts) => items.put(parts.map((part) => item({ type: "part", ...part })));
    void scope
      .runInAsyncScope(() => run(listener, life.signal))
      .then(
        (prediction) => items.end({ last: item({ type: "prediction", prediction }) }),
        (error: unknown) => items.end({ error }),
      )
      .then(stopListening)
      // A signal of somebody's own making may refuse.
      .catch(() => {});
  };
  const leave = (): void => {
    begun = true;
    items.leave();
    stopListening();
    life.abort(new Error("the loop was left"));
  };

  const stream: ProgramStream<P> = Object.freeze({
    [Symbol.asyncIterator]: () => stream,
    next() {
      if (!begun) begin();
      return items.next();
    },
    return() {
      leave();
      return items.next();
    },
    async [Symbol.asyncDispose]() {
      leave();
    },
  });
  return stream;
}
