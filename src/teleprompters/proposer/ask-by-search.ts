import type { Adapter } from "../../adapters/adapter.ts";
import type { AnyExample } from "../../evaluate/example.ts";
import { LM_FAILURES, LmError, type LmFailureCode } from "../../lm/failure.ts";
import type { Program } from "../../programs/program.ts";
import type { Search } from "../teleprompter.ts";
import type { Ask } from "./ask.ts";

/**
 * Asks by way of a search: each call is an effect of its job, journaled and paid for once.
 * @param client who proposes; undefined: whom the student asks, which is the first client that one of its predictors names, or
 *   else the one that there is
 * @param adapter in which layout; undefined: as the student's calls
 */
export function askBySearch(search: Search, client: string | undefined, adapter?: Adapter): Ask {
  return async <Inputs extends object, Outputs extends object>(
    program: Program<Inputs, Outputs>,
    inputs: Inputs,
    config: Parameters<Ask>[2],
  ) => {
    const example = { id: "proposal", inputs, labels: {}, tags: {} } as AnyExample;
    const trial = { program: askedAsBy(search.student, program), example, config, client, adapter };
    const [seen] = await search.run([trial], { about: `propose: ${program.name}`, wants: "outputs" });
    if (seen?.error !== undefined) {
      const { code, message, raw } = seen.error;
      throw new LmError(message, { code: isLmCode(code) ? code : "request_crashed", details: { raw } });
    }
    if (seen?.outputs === undefined) throw new LmError("no outputs came", { code: "malformed_response" });
    return seen.outputs as Readonly<Outputs>;
  };
}

/** A program that asks whom the student asks, under what a job says for all its runs. */
export function askedAsBy(student: Program<never>, program: Program<never>): Program<never> {
  const client = Object.values(student.predictors()).find((each) => each.client !== undefined)?.client;
  if (client === undefined) return program;
  const edits = Object.entries(program.predictors()).map(([path, each]) => [path, each.with({ client })] as const);
  return program.withPredictors(Object.fromEntries(edits));
}

function isLmCode(code: string): code is LmFailureCode {
  return Object.hasOwn(LM_FAILURES, code);
}
