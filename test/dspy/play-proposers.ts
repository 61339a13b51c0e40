// The prompts by which optimizers write instructions. Of `copro` cases only these prompts: what stands in between, its search asks.
import type { AnyExample } from "../../src/evaluate/example.ts";
import { digestOfExample } from "../../src/evaluate/example.ts";
import type { LmRequest } from "../../src/lm/language-model.ts";
import { forward } from "../../src/programs/bare/forward.ts";
import type { Program } from "../../src/programs/program.ts";
import { scripted } from "../../src/testing/scripted.ts";
import type { Ask } from "../../src/teleprompters/proposer/ask.ts";
import {
  attemptsText,
  originalOf,
  PROPOSE_BETTER,
  PROPOSE_FIRST,
} from "../../src/teleprompters/proposer/copro-prompts.ts";
import type { Attempt } from "../../src/teleprompters/proposer/copro-prompts.ts";
import { summarizeDataset } from "../../src/teleprompters/proposer/dataset-summary.ts";
import { programText } from "../../src/teleprompters/proposer/program-text.ts";
import { proposeInstruction } from "../../src/teleprompters/proposer/propose-instruction.ts";
import type { Grounds, ProposalOf } from "../../src/teleprompters/proposer/propose-instruction.ts";
import { inDspysWords } from "./play-format.ts";
import { vectorAdapter } from "./vector-adapters.ts";
import type { Outcome, VectorCase } from "./vector-case.ts";
import { vectorProgram } from "./vector-program.ts";
import type { VectorProgram } from "./vector-program.ts";

type Values = Readonly<Record<string, unknown>>;
type DemoSets = readonly (readonly Values[])[];

export interface ProposerCase extends VectorCase {
  readonly kind: string;
  readonly trainset: readonly Values[];
  readonly input_keys: readonly string[];
  /** Of `copro` cases: lists where several completions were asked for. */
  readonly script: readonly string[];
  readonly view_data_batch_size?: number;
  readonly program: VectorProgram;
  readonly proposer?: Readonly<Record<string, boolean>>;
  readonly predictor?: number;
  readonly demo_set?: number;
  /** By predictor. */
  readonly demo_sets?: readonly DemoSets[] | null;
  readonly tip?: string | null;
  readonly N?: number;
  readonly breadth?: number;
  readonly depth?: number;
  readonly init_temperature?: number;
}

export function playProposer(played: ProposerCase): Promise<Outcome> {
  switch (played.kind) {
    case "dataset_summary":
      return playSummary(played);
    case "grounded":
      return playGrounded(played);
    case "grounded_all":
      return playAll(played);
    case "copro":
      return playCopro(played);
    default:
      throw new Error(`proposers of the kind "${played.kind}" are not built yet`);
  }
}

export function expectedProposer(expect: object, { kind }: VectorCase & { readonly kind?: string }): Outcome {
  if (kind !== "copro") return expect;
  const { requests } = expect as { readonly requests: readonly Sent[] };
  return { requests: requests.filter(({ kwargs }) => "n" in kwargs).map(withoutCount) };
}

interface Sent {
  readonly messages: readonly object[];
  readonly kwargs: Readonly<Record<string, unknown>>;
}

/** A prediction is one answer here: several are asked for one by one. */
function withoutCount({ messages, kwargs }: Sent): Sent {
  return { messages, kwargs: Object.fromEntries(Object.entries(kwargs).filter(([name]) => name !== "n")) };
}

async function playSummary({ trainset, input_keys, view_data_batch_size, script }: ProposerCase): Promise<Outcome> {
  const { ask, sent } = asker(script);
  const summary = await summarizeDataset(ask, examplesOf(trainset, input_keys), { batchSize: view_data_batch_size });
  return { summary, requests: sent() };
}

async function playGrounded(played: ProposerCase): Promise<Outcome> {
  const { ask, sent } = asker(played.script);
  const grounds = await groundsOf(played, ask);
  const { predictor = 0, demo_set: set = 0 } = played;
  const instruction = await proposeInstruction(ask, grounds, proposalFor(played, grounds, predictor, set));
  return { instruction, requests: sent(grounds.program) };
}

/** One after the other, as DSPy sends them. */
async function playAll(played: ProposerCase): Promise<Outcome> {
  const { ask, sent } = asker(played.script);
  const grounds = await groundsOf(played, ask);
  const { demo_sets, N = 0 } = played;
  const count = demo_sets ? Math.min(N, Math.max(demo_sets[0]?.length ?? 0, 1)) : N;
  const instructions: (string | undefined)[][] = [];
  for (const predictor of Object.keys(grounds.program.predictors()).keys()) {
    const proposed: (string | undefined)[] = [];
    for (let set = 0; set < count; set += 1)
      proposed.push(await proposeInstruction(ask, grounds, proposalFor(played, grounds, predictor, set)));
    instructions.push(proposed);
  }
  return { instructions, requests: sent(grounds.program) };
}

async function groundsOf(played: ProposerCase, ask: Ask): Promise<Grounds> {
  const { use_dataset_summary = true, program_aware = true } = played.proposer ?? {};
  const examples = examplesOf(played.trainset, played.input_keys);
  const summary = use_dataset_summary ? await summarizeDataset(ask, examples) : undefined;
  return { program: vectorProgram(played.program), summary, programAware: program_aware };
}

function proposalFor(
  { demo_sets, tip, proposer: { use_task_demos = true, use_tip = true } = {} }: ProposerCase,
  { program }: Grounds,
  predictor: number,
  set: number,
): ProposalOf {
  return {
    predictor: Object.keys(program.predictors())[predictor] ?? "",
    demoSets: use_task_demos ? (demo_sets?.[predictor] ?? []) : [],
    set,
    tip: use_tip ? (tip ?? "") : "",
    temperature: 1,
    rolloutId: 1,
  };
}

/** What was scored until then stands in what is expected of the run; whose it was, only where there is one predictor. */
async function playCopro(played: ProposerCase): Promise<Outcome> {
  const { breadth = 10, depth = 3, init_temperature: temperature = 1.4 } = played;
  const { candidates } = played.expect as { readonly candidates: readonly (Attempt & { readonly depth: number })[] };
  const predictors = Object.values(vectorProgram(played.program).predictors());
  if (predictors.length > 1 && depth > 1) throw new Error("COPRO's search is not built yet");
  const { ask, sent } = asker(() => ({ proposed_instruction: "", proposed_prefix_for_output_field: "" }));
  for (const { signature } of predictors)
    await ask(PROPOSE_FIRST, { basic_instruction: originalOf(signature).instruction }, { temperature });
  for (let round = 1; round < depth; round += 1) {
    // Candidates come by score, equals in the order in which they were made.
    const attempts = candidates.filter((candidate) => candidate.depth < round);
    await ask(PROPOSE_BETTER, { attempted_instructions: attemptsText(attempts, breadth) }, { temperature });
  }
  return { requests: sent() };
}

/** Asks a model that answers by the script; `sent` tells the requests in DSPy's words. */
function asker(script: Parameters<typeof scripted>[0]): {
  readonly ask: Ask;
  sent(program?: Program): readonly Sent[];
} {
  const model = scripted(script);
  return {
    ask: (program, inputs, config) =>
      forward(program, inputs, { clients: { lm: model }, adapter: vectorAdapter("chat"), config }),
    sent: (program) => model.requests.map((request) => inWords(request, program)),
  };
}

function inWords({ messages, temperature, n, rolloutId }: LmRequest, program: Program | undefined): Sent {
  const masked = (content: unknown): unknown =>
    typeof content === "string" && program !== undefined
      ? content.replace(programText(program), () => "<<PROGRAM_CODE>>")
      : content;
  return {
    messages: messages.map(({ role, content }) => ({ role, content: masked(inDspysWords(content)) })),
    kwargs: {
      ...(temperature !== undefined && { temperature }),
      ...(n !== undefined && { n }),
      ...(rolloutId !== undefined && { rollout_id: "<<RANDOM>>" }),
    },
  };
}

function examplesOf(rows: readonly Values[], inputNames: readonly string[]): readonly AnyExample[] {
  return rows.map((row) => {
    const pick = (wanted: boolean): Values =>
      Object.fromEntries(Object.entries(row).filter(([name]) => inputNames.includes(name) === wanted));
    const [inputs, labels] = [pick(true), pick(false)];
    return { id: digestOfExample({ inputs, labels }), inputs, labels, tags: {} };
  });
}
