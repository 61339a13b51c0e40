import { checkOptions } from "../foundation/check-options.ts";
import { UsageError, describe } from "../foundation/errors.ts";
import { heard } from "../foundation/heard.ts";
import { at, spendingApart } from "./call-context.ts";
import type { CallContext } from "./call-context.ts";
import { combineMeta, prediction } from "./prediction.ts";
import type { AnyPredictor, Program, ProgramParameters, ProgramParts } from "./program.ts";
import { isProgram, notProgram } from "./program-tree.ts";
import { programValue } from "./program-value.ts";
import type { Prediction, PredictionMeta } from "./prediction.ts";

/** The parts as functions, each bound to the call's context. */
export type BoundParts<Parts extends ProgramParts> = {
  readonly [Name in keyof Parts]: Parts[Name] extends Program<infer Inputs, infer Outputs>
    ? (inputs: Inputs) => Promise<Prediction<Outputs>>
    : never;
};

/** What a program's `forward` gives, without what is about a single call. */
export type FieldsOf<Result extends object> = { [Name in Exclude<keyof Result, "$meta">]: Result[Name] };

/** The context that a composed program's `forward` gets. */
export interface ProgramContext<Names extends string> extends CallContext {
  /** As they were declared, or as somebody has changed them since. */
  readonly parameters: Readonly<Record<Names, string>>;
}

export interface ProgramOptions<
  Parts extends ProgramParts,
  Inputs extends object,
  Result extends object,
  Names extends string = never,
> {
  readonly name: string;
  /** Programs that this one calls, by the name under which `forward` gets them. */
  readonly parts: Parts;
  /**
   * Another one for another `forward`: by the name and this, digests know what `forward` does. Default: they go by its
   * source text (see `functionsBySource`).
   */
  readonly version?: string | number | undefined;
  /**
   * Texts that optimizers may change, by name: a policy, a rubric, whatever `forward` puts into its parts' inputs. It gets them
   * as `context.parameters`; they are saved and loaded with the program, and count in its digest. Default none.
   */
  readonly parameters?: Readonly<Record<Names, string>> | undefined;
  /**
   * Any code: conditions, loops, `Promise.all`. Gives the outputs, or a part's prediction as it is. It should reach
   * models and time through its parts and the context alone, so that it can run supervised, be stopped and be replayed.
   */
  forward(parts: BoundParts<Parts>, inputs: Inputs, context: ProgramContext<Names>): Promise<Result> | Result;
}

export interface ComposedProgram<
  Parts extends ProgramParts,
  Inputs extends object,
  Outputs extends object,
> extends Program<Inputs, Outputs> {
  readonly kind: "program";
  readonly parts: Parts;
  readonly settings: { readonly version?: string | number; readonly parameters?: ProgramParameters };
  /** The texts of its own that optimizers may change; `parametersOf` has those of its parts as well. */
  readonly parameters: ProgramParameters;
  /** A copy with another name, or with other programs for some parts; `withParameters` changes its texts. */
  with(edits: { readonly name?: string; readonly parts?: Partial<Parts> }): ComposedProgram<Parts, Inputs, Outputs>;
  withPredictors(replacements: Readonly<Record<string, AnyPredictor>>): ComposedProgram<Parts, Inputs, Outputs>;
}

/**
 * A program made of programs. Its prediction's `$meta` has what the whole call took, the failures that it caught and what
 * it asked itself included; conversation, client and model
 * there are those of the last call that asked a model.
 *
 * @throws UsageError for a part that is no program, a name that is empty, a parameter that is no text or is called as a part is
 */
export function program<
  Parts extends ProgramParts,
  Inputs extends object,
  Result extends object,
  Names extends string = never,
>(options: ProgramOptions<Parts, Inputs, Result, Names>): ComposedProgram<Parts, Inputs, FieldsOf<Result>> {
  checkOptions("program", options, OPTIONS);
  const { name, forward, version } = options;
  if (typeof name !== "string" || name === "") throw new UsageError(`program: expected a name, got ${describe(name)}`);
  if (version !== undefined && typeof version !== "string" && typeof version !== "number")
    throw new UsageError(`program "${name}": version must be a text or a number, got ${describe(version)}`);
  const parts = Object.freeze({ ...options.parts });
  for (const [part, value] of Object.entries<unknown>(parts)) {
    if (!isProgram(value)) throw notProgram(`program "${name}": part "${part}" must be`, value);
    // Paths are names joined by dots.
    if (part === "" || part.includes("."))
      throw new UsageError(`program "${name}": a part's name must be a text without dots, got "${part}"`);
  }
  const parameters = Object.freeze({ ...options.parameters }) as Readonly<Record<Names, string>>;
  checkParameters(name, parameters, parts);
  type Outputs = FieldsOf<Result>;

  const run = async (inputs: Inputs, context: CallContext): Promise<Prediction<Outputs>> => {
    const startedAt = context.clock.now();
    const metas: PredictionMeta[] = [];
    const own = spendingApart(context, parameters);
    const result = await forward(bind(parts, own, metas), inputs, own);
    if (typeof result !== "object" || result === null) {
      throw new UsageError(`program "${name}": forward must give an object of outputs, got ${describe(result)}`);
    }
    // Spreading (in `prediction`) leaves `$meta` of a part's prediction behind, as it is not enumerable.
    return prediction<Outputs>(
      result,
      combineMeta(metas, own.ledger, { run: own.runId, path: own.path, ms: own.clock.now() - startedAt }),
    );
  };

  const rebuild = (others: Parts, texts: ProgramParameters) =>
    program({ ...options, parts: others, parameters: texts });
  return programValue<ComposedProgram<Parts, Inputs, Outputs>>(
    {
      kind: "program",
      name,
      parts,
      settings: {
        ...(version !== undefined && { version }),
        ...(Object.keys(parameters).length > 0 && { parameters }),
      },
      code: { forward },
      parameters,
      run,
      rebuild,
    },
    {
      parameters,
      with(edits) {
        // Replacements have the types of what they replace.
        const edited = { ...parts, ...edits.parts } as Parts;
        return program({ ...options, name: edits.name ?? name, parts: edited });
      },
    },
  );
}

const OPTIONS: readonly string[] = ["name", "parts", "parameters", "forward", "version"];

/** Paths of parameters, of parts and of predictors are names joined by dots, and none may stand for two things. */
function checkParameters(program: string, parameters: ProgramParameters, parts: ProgramParts): void {
  for (const [name, text] of Object.entries<unknown>(parameters)) {
    const what = `program "${program}": parameter "${name}"`;
    if (typeof text !== "string") throw new UsageError(`${what} must be a text, got ${describe(text)}`);
    if (name === "" || name.includes(".") || name === "self")
      throw new UsageError(`${what}: a parameter's name must be a text without dots, and not "self"`);
    if (Object.hasOwn(parts, name)) throw new UsageError(`${what} is called as a part is`);
  }
}

function bind<Parts extends ProgramParts>(
  parts: Parts,
  context: CallContext,
  metas: PredictionMeta[],
): BoundParts<Parts> {
  const bound = Object.entries<Program>(parts).map(([name, part]) => {
    const inside = at(context, name);
    return [name, (inputs: object) => heard(callPart(part, inputs, inside, metas))] as const;
  });
  // One function for each part, typed by the part it was made from.
  return Object.freeze(Object.fromEntries(bound)) as BoundParts<Parts>;
}

async function callPart(
  part: Program,
  inputs: object,
  inside: CallContext,
  metas: PredictionMeta[],
): Promise<Prediction<object>> {
  const made = await part.forward(inputs, inside);
  metas.push(made.$meta);
  return made;
}
