// Plays a whole run of an optimizer: its entry in the table says how it is made and what is compared.
import { asError } from "../../../src/foundation/errors.ts";
import { type Outcome, plain, type VectorCase } from "../vector-case.ts";
import type { OptimizerCase, Row } from "./optimizer-case.ts";
import { OPTIMIZERS } from "./optimizer-table.ts";
import { worldOf } from "./optimizer-world.ts";
import { inOrder, requestsOf } from "./rule-model.ts";
import { expectedDemos, expectedState } from "./states.ts";

/** Thrown for an optimizer that has no entry in the table. */
export class NotBuilt extends Error {
  override readonly name = "NotBuilt";
}

export async function playOptimizer(each: VectorCase): Promise<Outcome> {
  // The file's kind says so.
  const played = each as OptimizerCase;
  const { name } = played.optimizer;
  const play = Object.hasOwn(OPTIMIZERS, name) ? OPTIMIZERS[name] : undefined;
  if (play === undefined) throw new NotBuilt(name);
  const world = worldOf(played);
  const came: { failed?: boolean; [what: string]: unknown } = {};
  try {
    await play(world, came);
  } catch (thrown) {
    // Mistakes of the player show themselves.
    const error = asError(thrown);
    if (error.name === "TypeError" || error.name === "ReferenceError") throw error;
    came.failed = true;
  }
  const wanted = expectedOptimizer((played.ours ?? played.expect) as object, each) as Row;
  const all: Row = { ...came, requests: requestsOf(world.models) };
  // What a case says nothing of is not compared.
  return Object.fromEntries(Object.entries(all).filter(([what]) => what === "failed" || what in wanted));
}

/** With places put in place, so that both sides name the same things; and failures as one of its facts. */
export function expectedOptimizer(expect: object, each: VectorCase): Outcome {
  const { trainset = [] } = each as OptimizerCase;
  const { error, type: _type, message: _message, ...facts } = expect as Row;
  const programs = (facts["programs"] ?? []) as readonly unknown[];
  const state = (at: unknown): unknown => expectedState(typeof at === "number" ? programs[at] : at, trainset);
  const { programs: _programs, ...rest } = facts;
  // Where nothing was evaluated the file has no states to name.
  const named = (row: Row): Row => {
    if (!("program" in row)) return row;
    const { program, ...others } = row;
    return typeof program === "number" && programs.length === 0 ? others : { ...row, program: state(program) };
  };
  const stated = (rows: unknown): unknown => (rows as readonly Row[]).map(named);
  const made = Object.entries(rest).map(([what, value]): [string, unknown] => {
    switch (what) {
      case "program":
        return [what, expectedState(value, trainset)];
      case "evaluations":
      case "candidates":
      case "full":
      case "minibatches":
      case "final":
        return [what, stated(value)];
      case "steps":
        return [what, (value as readonly Row[]).map((step) => ({ ...step, built: builtOf(stated(step["built"])) }))];
      case "prompts":
        return [what, rewardsAsFloats(expectedPrompts(value as readonly Prompt[]))];
      case "attempts":
        return [what, expectedAttempts(value)];
      case "demo_sets":
        return [what, (value as unknown[][][]).map((sets) => sets.map((demos) => expectedDemos(demos, trainset)))];
      case "calls":
        return [what, (value as readonly Row[]).map((call) => expectedCall(call))];
      case "requests":
        return [what, expectedRequests(value as Row)];
      default:
        return [what, value];
    }
  });
  return { ...Object.fromEntries(made), ...(error === true && { failed: true }) };
}

interface Prompt {
  readonly messages: readonly { readonly role: string; readonly content?: string; readonly same_as?: number }[];
  readonly kwargs: Row;
}

/** Of what could not be built that alone: what the error is called is DSPy's. */
function builtOf(rows: unknown): unknown {
  return (rows as readonly Row[]).map(({ program, ...row }) =>
    typeof row["done"] === "string" ? { ...row, done: "failed" } : { ...row, program },
  );
}

interface FullPrompt {
  readonly messages: readonly { readonly role: string; readonly content: string | undefined }[];
  readonly options: Row;
}

/** Scores are numbers here, whatever a metric says. */
function rewardsAsFloats(prompts: readonly FullPrompt[]): readonly FullPrompt[] {
  const REWARD = /(?<=^\[\[ ## (?:better|worse)_reward_value ## \]\]\n)(?:true|false|\d+)$/gm;
  const float = (reward: string): string => `${Number(JSON.parse(reward))}.0`;
  return prompts.map(({ messages, options }) => ({
    messages: messages.map(({ role, content }) => ({ role, content: content?.replace(REWARD, float) })),
    options,
  }));
}

/** In full; that one completion is wanted goes without saying. */
function expectedPrompts(prompts: readonly Prompt[]): readonly FullPrompt[] {
  const contentAt = (prompt: number, place: number): string | undefined => {
    const { content, same_as: other } = prompts[prompt]!.messages[place]!;
    return other === undefined ? content : contentAt(other, place);
  };
  return prompts.map(({ messages, kwargs }, prompt) => ({
    messages: messages.map(({ role }, place) => ({ role, content: contentAt(prompt, place) })),
    options: Object.fromEntries(Object.entries(kwargs).filter(([option]) => option !== "n")),
  }));
}

/** The name of the error that ended it is DSPy's. */
function expectedAttempts(attempts: unknown): unknown {
  return (attempts as readonly [number, number, unknown][]).map(([example, round, came]) => [
    example,
    round,
    came === true,
  ]);
}

function expectedCall(call: Row): Row {
  const { attempts, requests, ...rest } = call;
  return {
    ...rest,
    ...(attempts !== undefined && { attempts: expectedAttempts(attempts) }),
    // Runs of teachers go side by side.
    ...(requests !== undefined && { requests: (requests as string[]).toSorted() }),
  };
}

function expectedRequests(requests: Row): Row {
  const counted = Object.entries(requests).map(([name, each]) => {
    const { options, ...rest } = each as Row;
    const tallied = (options as [object, number][]).map(([set, count]) => [inOrder(set), count] as const);
    // A hash may look like a number, and then they come as a map.
    return [name, { ...(plain(rest) as object), options: Object.fromEntries(tallied) }] as const;
  });
  return Object.fromEntries(counted);
}
