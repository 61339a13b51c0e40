// The teleprompters of the crash matrix, what they work on, and the server that they ask: all the same in every life.
import { createHash } from "node:crypto";
import {
  betterTogether,
  bootstrapFewShot,
  bootstrapFinetune,
  type CompileOptions,
  copro,
  evaluateRivals,
  exactMatch,
  examples,
  gepa,
  grpo,
  inferRules,
  labeledFewShot,
  mipro,
  openaiTrainer,
  predict,
  type Program,
  randomSearch,
  type Search,
  signature,
  simba,
  type Teleprompter,
  type Trainer,
} from "dspex";

const qa = signature("question -> answer");

export const trainset = examples(
  qa,
  Array.from({ length: 20 }, (_, index) => ({ question: `train ${index}`, answer: `answer ${index}` })),
);
export const valset = examples(
  qa,
  Array.from({ length: 25 }, (_, index) => ({ question: `val ${index}`, answer: `answer ${index}` })),
);
export const student = predict(qa);

type Subject = Teleprompter<{ question: string }, { answer: string }>;

const metric = exactMatch("answer");

/** A search of many rounds: the least that the port asks of one. */
function hillClimb(rounds: number): Subject {
  return {
    kind: "hillClimb",
    version: 1,
    settings: { rounds },
    metric,
    async search(search: Search): Promise<Program<never>> {
      let [best, top] = [search.student, -1];
      for (let round = 1; round <= rounds; round += 1) {
        const rivals = [1, 2, 3].map((way) => withInstructions(best, `Answer well, ${round}.${way}.`));
        const scored = await evaluateRivals(search, rivals, search.trainset.slice(0, 8), {
          about: `round ${round}`,
          metric,
        });
        for (const [place, each] of scored.entries()) {
          const program = rivals[place] as Program<never>;
          search.scored({ name: `${round}.${place + 1}`, program, ...each });
          if (each.score > top) [best, top] = [program, each.score];
        }
      }
      return best;
    },
  };
}

function withInstructions(program: Program<never>, instructions: string): Program<never> {
  const edits = Object.entries(program.predictors()).map(
    ([path, each]) => [path, each.with({ instructions })] as const,
  );
  return program.withPredictors(Object.fromEntries(edits));
}

/** The one of those that train: at the server that answers, too. */
export function trainerAt(baseURL: string): Trainer {
  return openaiTrainer("test-model", { baseURL, apiKey: "none", pollMs: 5 });
}

/** What of a job's server its journal shows, and the next one's has otherwise: none of it is part of the trainer's settings here. */
function anywhere(trainer: Trainer): Trainer {
  return { ...trainer, settings: {} };
}

/** Each by its name; who adds a teleprompter adds it here. */
export const SUBJECTS: Readonly<Record<string, (trainer: Trainer) => Subject>> = {
  hillClimb: () => hillClimb(8),
  labeledFewShot: () => labeledFewShot({ k: 3 }),
  bootstrapFewShot: () => bootstrapFewShot({ metric, maxBootstrappedDemos: 4, maxLabeledDemos: 6, maxRounds: 2 }),
  randomSearch: () => randomSearch({ metric, maxBootstrappedDemos: 3, maxLabeledDemos: 5, numCandidatePrograms: 4 }),
  "randomSearch by halves": () =>
    randomSearch({ metric, maxBootstrappedDemos: 2, maxLabeledDemos: 3, numCandidatePrograms: 5, minibatchSize: 4 }),
  mipro: () =>
    mipro({
      metric,
      numCandidates: 4,
      numTrials: 6,
      minibatchSize: 8,
      minibatchFullEvalSteps: 3,
      maxBootstrappedDemos: 2,
      maxLabeledDemos: 2,
      viewDataBatchSize: 20,
      trialsInFlight: 3,
    }),
  copro: () => copro({ metric, breadth: 2, depth: 2 }),
  inferRules: () => inferRules({ metric, maxBootstrappedDemos: 2, maxLabeledDemos: 3, numCandidates: 3, numRules: 2 }),
  simba: () => simba({ metric, batchSize: 6, numCandidates: 3, maxSteps: 3, maxDemos: 2 }),
  grpo: () => grpo({ metric, numSteps: 3, examplesPerStep: 3, groupSize: 3 }),
  bootstrapFinetune: (trainer) => bootstrapFinetune({ metric, trainer: anywhere(trainer) }),
  betterTogether: (trainer) =>
    betterTogether({
      metric,
      strategy: "p -> w -> p",
      steps: {
        p: randomSearch({ metric, maxBootstrappedDemos: 2, maxLabeledDemos: 2, numCandidatePrograms: 1 }),
        w: bootstrapFinetune({ metric, trainer: anywhere(trainer) }),
      },
    }),
  gepa: () => gepa({ metric, maxMetricCalls: 150, proposalsInFlight: 3, trackBestOutputs: true }),
};

export const OPTIONS: Pick<CompileOptions, "maxConcurrency"> = { maxConcurrency: 8 };

/** A simulation: whether an answer is right hangs on the whole prompt, and on nothing else. */
export function replyTo(messages: unknown): string {
  const text = JSON.stringify(messages);
  const number = Number([...text.matchAll(/(?:train|val) (\d+)/g)].at(-1)?.[1] ?? 0);
  const luck = createHash("sha256").update(text).digest().readUInt32BE(0) % 100;
  // Proposers are told what there is to know, and propose what their whole prompt makes of it.
  const reminder = /starting with the field (.*?), and then ending/.exec(text)?.[1] ?? "";
  const wanted = [...reminder.matchAll(/\[\[ ## (\w+) ## \]\]/g)].map(([, name = ""]) => name);
  if (text.includes("`new_instruction`")) return JSON.stringify({ new_instruction: `Way ${luck}.` });
  const proposed = (name: string): string => {
    if (name === "module_advice") return `{"self": "Way ${luck}."}`;
    if (name === "operations") return `[{"op": "add", "id": null, "lesson": "Way ${luck}."}]`;
    return `Way ${luck}.`;
  };
  if (wanted.length > 0 && !wanted.includes("answer"))
    return [...wanted.map((name) => `[[ ## ${name} ## ]]\n${proposed(name)}`), "[[ ## completed ## ]]"].join("\n\n");
  return `[[ ## answer ## ]]\n${luck < 60 ? `answer ${number}` : "who knows"}\n\n[[ ## completed ## ]]`;
}
