// The tasks, each as a set of examples to learn from, one to compare on, one to be tested on, and what may make it better.
import { join } from "node:path";
import {
  type Adapter,
  bootstrapFewShot,
  chatAdapter,
  copro,
  type Example,
  exactMatch,
  gepa,
  grpo,
  inferRules,
  knnFewShot,
  labeledFewShot,
  leanAdapter,
  lessons,
  loadExamples,
  mipro,
  type Metric,
  predict,
  type Program,
  randomSearch,
  signature,
  simba,
  type Teleprompter,
} from "dspex";
import { wordVectors } from "./word-vectors.ts";

const DATA = join(import.meta.dirname, "../../examples/small-task");

const PAST = signature("verb -> past", { name: "PastTense", instructions: "Gives the past tense of an English verb." });
const INTENT = signature(
  "utterance -> intent: Literal['add_to_playlist', 'book_restaurant', 'get_weather', 'play_music', 'rate_book', 'search_creative_work', 'search_screening_event']",
  { name: "Intent", instructions: "Says what a person wants from a voice assistant." },
);

/** Four demo sets, eight trials on minibatches of ten, within 235 calls. */
const FEW_TRIALS = {
  numCandidates: 4,
  numTrials: 8,
  minibatchSize: 10,
  minibatchFullEvalSteps: 8,
  programAwareProposer: false,
  dataAwareProposer: false,
};

type Fields = Record<string, unknown>;
type Set = readonly Example<Fields, Fields>[];
type Search = Teleprompter<Fields, Fields, Fields>;

export interface Task {
  student(adapter: Adapter): Program<Fields, Fields>;
  readonly trainset: Set;
  readonly valset: Set;
  readonly testset: Set;
  readonly metric: Metric<Fields, Fields, Fields>;
  /** By name, with a seed. */
  readonly teleprompters: Readonly<Record<string, (seed: number) => Search>>;
}

export async function pastTask(): Promise<Task> {
  const load = (part: string) => loadExamples(join(DATA, `past_${part}.jsonl`), { signature: PAST });
  const [train, val, test] = await Promise.all(["train", "val", "test"].map(load));
  // A word is asked for; without demos, DSPy's layout gets a page.
  const student = (adapter: Adapter) => predict(PAST, { adapter, config: { maxTokens: 60 } });
  // DSPy's figures were taken with these.
  return taskOf(student, "past", train ?? [], (val ?? []).slice(0, 40), test ?? []);
}

/** The test set of this one was kept back: it is tested on what candidates were compared on. */
export async function intentTask(): Promise<Task> {
  const load = (part: string) => loadExamples(join(DATA, `intent_${part}.jsonl`), { signature: INTENT });
  const [train, val] = await Promise.all(["train", "val"].map(load));
  return taskOf((adapter) => predict(INTENT, { adapter }), "intent", train ?? [], val ?? [], val ?? []);
}

function taskOf(student: (adapter: Adapter) => object, output: string, train: object, val: object, test: object): Task {
  // One task's fields are as another's here: each is asked by the same code.
  const [trainset, valset, testset] = [train, val, test] as [Set, Set, Set];
  const metric = exactMatch(output) as Task["metric"];
  const texts = trainset.map(({ inputs }) => Object.values(inputs).join(" "));
  const of = <Made>(make: (seed: number) => Made) => make as unknown as (seed: number) => Search;
  return {
    student: student as Task["student"],
    trainset,
    valset,
    testset,
    metric,
    teleprompters: {
      labeledFewShot: of(() => labeledFewShot({ k: 4 })),
      bootstrapFewShot: of(() => bootstrapFewShot({ metric, maxBootstrappedDemos: 4, maxLabeledDemos: 4 })),
      randomSearch: of(() =>
        randomSearch({ metric, maxBootstrappedDemos: 4, maxLabeledDemos: 4, numCandidatePrograms: 4 }),
      ),
      // Twenty draws of labeled demos: 224 calls where there are forty examples to compare on.
      "randomSearch by halves": of(() =>
        randomSearch({
          metric,
          maxBootstrappedDemos: 0,
          maxLabeledDemos: 4,
          numCandidatePrograms: 17,
          minibatchSize: 4,
        }),
      ),
      mipro: of((seed) => mipro({ metric, seed, ...FEW_TRIALS })),
      "mipro with the layout": of((seed) =>
        mipro({ metric, seed, ...FEW_TRIALS, adapters: [chatAdapter(), leanAdapter()] }),
      ),
      // Who reflects writes noise here, too; the second one is told what to write (WRITER, a script and no model).
      gepa: of((seed) => gepa({ metric, seed, maxMetricCalls: 160, skipPerfectScore: false })),
      "gepa with a better writer": of((seed) => gepa({ metric, seed, maxMetricCalls: 160, promptClient: "writer" })),
      simba: of((seed) => simba({ metric, seed, batchSize: 12, numCandidates: 4, maxSteps: 1 })),
      copro: of(() => copro({ metric, breadth: 4, depth: 1 })),
      inferRules: of(() => inferRules({ metric, numCandidates: 3 })),
      grpo: of((seed) => grpo({ metric, seed, policy: lessons(), numSteps: 2, examplesPerStep: 6, groupSize: 4 })),
      knnFewShot: of(() =>
        knnFewShot({ k: 5, maxBootstrappedDemos: 0, maxLabeledDemos: 5, embed: wordVectors(texts) }),
      ),
    },
  };
}
