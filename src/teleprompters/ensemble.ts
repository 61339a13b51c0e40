import { checkNumber, checkOptions, optionNames, WHOLE_FROM_0 } from "../foundation/check-options.ts";
import { describe, UsageError } from "../foundation/errors.ts";
import { heard } from "../foundation/heard.ts";
import { type PythonRandom, pythonRandom } from "../foundation/python-random.ts";
import { streamOf } from "../foundation/random.ts";
import { at, type CallContext, spendingApart } from "../programs/call-context.ts";
import { combineMeta, prediction } from "../programs/prediction.ts";
import { isProgram, notProgram } from "../programs/program-tree.ts";
import type { Program } from "../programs/program.ts";
import { programValue } from "../programs/program-value.ts";

export interface EnsembleOptions<Outputs extends object, Result extends object> {
  /** Makes one result of all: `majority("answer")`. Default: all of them, as `predictions`. */
  readonly reduce?: ((predictions: readonly Outputs[]) => Result | Promise<Result>) | undefined;
  /** How many of the programs are asked at each call, drawn anew; 0 is all. Default all. */
  readonly size?: number | undefined;
  /** Which are drawn. Default: the run's own draws, so that a run is the same when it is replayed. */
  readonly random?: Pick<PythonRandom, "sample"> | undefined;
}

export interface EnsembleOutputs<Outputs extends object> {
  /** In the order in which the programs were drawn; where all are asked, in theirs. */
  readonly predictions: readonly Outputs[];
}

const OPTIONS = optionNames<EnsembleOptions<object, object>>({ reduce: true, size: true, random: true });

/**
 * Several programs as one (DSPy's `Ensemble`): a call asks all of them side by side, or some that are drawn, and makes one result
 * of theirs. It fails with the first that fails.
 *
 * It is a program of programs: its predictors are those of `programs[0]`, `programs[1]`, … Files have what is set in these; to
 * load one, make the ensemble again and load into it.
 *
 * @throws UsageError for no programs, for what is no program, and for a size that is larger than their number
 */
export function ensemble<Inputs extends object, Outputs extends object, Result extends object>(
  programs: readonly Program<Inputs, Outputs>[],
  options: EnsembleOptions<Outputs, Result> & {
    readonly reduce: (predictions: readonly Outputs[]) => Result | Promise<Result>;
  },
): Program<Inputs, Result>;
export function ensemble<Inputs extends object, Outputs extends object>(
  programs: readonly Program<Inputs, Outputs>[],
  options?: Omit<EnsembleOptions<Outputs, object>, "reduce">,
): Program<Inputs, EnsembleOutputs<Outputs>>;
export function ensemble(programs: readonly Program[], options: EnsembleOptions<object, object> = {}): Program {
  checkEnsemble(programs, options);
  const { reduce, size = 0, random } = options;
  const named = programs.map((each, place) => [`programs[${place}]`, each] as const);
  const run = async (inputs: object, context: CallContext) => {
    const own = spendingApart(context);
    const startedAt = own.clock.now();
    const asked = size === 0 ? named : (random ?? drawsOf(own)).sample(named, size);
    const made = await Promise.all(asked.map(([name, each]) => heard(each.forward(inputs, at(own, name)))));
    const given = made.map((each) => Object.freeze({ ...each }));
    const result = reduce === undefined ? { predictions: Object.freeze(given) } : await reduce(given);
    const metas = made.map(({ $meta }) => $meta);
    const about = { run: own.runId, path: own.path, ms: own.clock.now() - startedAt };
    return prediction<object>(result, combineMeta(metas, own.ledger, about));
  };
  return programValue<Program>(
    {
      kind: "ensemble",
      name: "ensemble",
      parts: Object.fromEntries(named),
      settings: { size },
      code: reduce === undefined ? {} : { reduce },
      run,
      // The same number of them, under the same names.
      rebuild: (parts) => ensemble(Object.values(parts), options as Required<typeof options>),
    },
    {},
  );
}

function drawsOf({ random }: CallContext): Pick<PythonRandom, "sample"> {
  return pythonRandom(Math.floor(streamOf(random, "ensemble").next() * 2 ** 32));
}

function checkEnsemble(programs: readonly Program[], options: EnsembleOptions<object, object>): void {
  checkOptions("ensemble", options, OPTIONS);
  const { reduce, size } = options;
  if (!Array.isArray(programs) || programs.length === 0)
    throw new UsageError(`ensemble: expected a list of programs, got ${describe(programs)}`);
  for (const each of programs) if (!isProgram(each)) throw notProgram("ensemble: expected", each);
  checkNumber("ensemble", "size", size, WHOLE_FROM_0);
  if (size !== undefined && size > programs.length)
    throw new UsageError(`ensemble: size must be at most the number of programs, ${programs.length}, got ${size}`);
  if (reduce !== undefined && typeof reduce !== "function")
    throw new UsageError(`ensemble: reduce must be a function such as majority("answer"), got ${describe(reduce)}`);
}
