import { checkNumber, checkOptions, optionNames, WHOLE_ABOVE_0 } from "../../foundation/check-options.ts";
import { describe, UsageError } from "../../foundation/errors.ts";
import { streamOf } from "../../foundation/random.ts";
import { withRetries } from "../../lm/retry/with-retries.ts";
import type { Passage } from "../../retrieval/retriever.ts";
import type { CallContext } from "../call-context.ts";
import { prediction, spentIn } from "../prediction.ts";
import type { AnyPredictor, NoParts, Program } from "../program.ts";
import { leavesOf } from "../program-tree.ts";
import { programValue } from "../program-value.ts";
import type { Prediction } from "../prediction.ts";

export interface RetrieveOptions {
  /** The name of its client, which has a `retriever`. Default: the only one there is, when it is called. */
  readonly client?: string | undefined;
  /** How many passages, at most; default 3. */
  readonly k?: number | undefined;
}

/** What is searched for. */
export interface RetrieveInputs {
  readonly query: string;
}

export interface Retrieved {
  /** The texts of the passages that fit best, best first; none where nothing fits. */
  readonly passages: readonly string[];
  /** The same passages with where each is from and how well it fits: for what is shown under an answer. */
  readonly found: readonly Passage[];
}

/** What is set in a search. */
export interface RetrieveSettings {
  readonly k: number;
  /** The name of its client. Left out: the only retriever there is. */
  readonly client?: string;
}

/** A search as a program: see {@link retrieve}. */
export interface Retrieve extends Program<RetrieveInputs, Retrieved>, RetrieveSettings {
  readonly kind: "retrieve";
  readonly parts: NoParts;
  readonly settings: RetrieveSettings;
  /** An edited copy; what is left out stays. */
  with(edits: RetrieveOptions): Retrieve;
  withPredictors(replacements: Readonly<Record<string, AnyPredictor>>): Retrieve;
}

const DEFAULT_K = 3;

/**
 * Passages for a query (DSPy's `Retrieve`), as a part for programs that answer from them. It holds no predictor, so there
 * is nothing in it to train or to trace; files have its `k` and client. A search that failed is made again as the context's retry policy says.
 * Its own `$meta.attempts` counts them; that of a program around it counts requests to models only. `$meta.usage` has the
 * tokens that the retriever's own model took for it, if it has one.
 *
 * `forward` throws UsageError for a query that is no text, and LmError: `no_such_client` that lists the retrievers there
 * are, or what the search failed with last.
 *
 * @throws UsageError for an option that makes no sense
 */
export function retrieve(options: RetrieveOptions = {}): Retrieve {
  checkRetrieve(options);
  const { client, k = DEFAULT_K } = options;
  const run = async (inputs: RetrieveInputs, context: CallContext): Promise<Prediction<Retrieved>> => {
    const query = queryOf(inputs);
    return context.effect("search", { query, k }, () => searched(context, client, query, k));
  };
  const settings: RetrieveSettings = { k, ...(client !== undefined && { client }) };
  return programValue<Retrieve>(
    { kind: "retrieve", name: "retrieve", parts: {}, settings, run },
    {
      ...settings,
      with: (edits) => retrieve({ client: edits.client ?? client, k: edits.k ?? k }),
    },
  );
}

async function searched(
  context: CallContext,
  client: string | undefined,
  query: string,
  k: number,
): Promise<Prediction<Retrieved>> {
  const { signal, clock, log, path, terms } = context;
  const startedAt = clock.now();
  const retriever = await context.retriever(client);
  // What this call takes, its failed searches included.
  const ledger = context.ledger.part();
  const find = (attempt: number) => retriever.retriever.search(query, k, { signal, ledger, about: { path, attempt } });
  const { value: passages, attempts } = await withRetries(find, {
    policy: terms.retry,
    clock,
    random: streamOf(terms.random, "retry"),
    signal,
    startedAt,
    endsAt: terms.endsAt,
    onDecision: ({ failure, attempt, ms }, decision) =>
      log.event(decision.retry ? "retry" : "give_up", "warn", {
        client: retriever.name,
        path,
        code: failure.code,
        attempt,
        ms,
        why: decision.why,
        ...(decision.retry && { waitMs: decision.waitMs }),
      }),
  });
  const ms = clock.now() - startedAt;
  const about = { client: retriever.name, path, passages: passages.length, attempts, ms };
  log.event("searched", "debug", { ...about, ...(log.contents && { query }) });
  return prediction<Retrieved>(
    {
      passages: Object.freeze(passages.map(({ text }) => text)),
      found: Object.freeze(passages.map(({ text, score, source }) => Object.freeze({ text, score, source }))),
    },
    {
      ...spentIn(ledger),
      messages: [],
      attempts,
      repairs: 0,
      mended: [],
      client: retriever.name,
      // No model has answered, and nothing was laid out for one.
      model: "",
      adapter: "",
      run: terms.run,
      path,
      ms,
    },
  );
}

/** The searches in a program by path, as predictors are named; `self` for one that is all of the program. */
export function searchesIn(program: Program): Readonly<Record<string, Retrieve>> {
  const leaves = Object.entries(leavesOf(program));
  return Object.fromEntries(leaves.flatMap(([path, leaf]) => (isSearch(leaf) ? [[path, leaf]] : [])));
}

function isSearch(program: Program): program is Retrieve {
  return program.kind === "retrieve" && "k" in program;
}

function queryOf(inputs: RetrieveInputs): string {
  const given: Readonly<Record<string, unknown>> = { ...inputs };
  for (const key of Object.keys(given))
    if (key !== "query") throw new UsageError(`retrieve: no input "${key}"; the inputs are query`);
  const { query } = given;
  if (typeof query !== "string") throw new UsageError(`retrieve: query must be a text, got ${describe(query)}`);
  return query;
}

const OPTIONS = optionNames<RetrieveOptions>({ client: true, k: true });

function checkRetrieve(options: RetrieveOptions): void {
  checkOptions("retrieve", options, OPTIONS);
  const { client, k } = options;
  if (client !== undefined && (typeof client !== "string" || client === ""))
    throw new UsageError(`retrieve: client must be the name of a client, got ${describe(client)}`);
  checkNumber("retrieve", "k", k, WHOLE_ABOVE_0);
}
