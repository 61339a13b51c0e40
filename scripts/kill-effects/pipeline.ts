// A program of four parts, two of which work on eight items side by side, in two stages each; and a model that takes its time.
import { type EffectStore, type LanguageModel, predict, program, type Random, signature } from "dspex";
import { scripted } from "dspex/testing";

export const ITEMS = 8;
/** Its start, two stages of each item in each of two parts, its end. */
export const EFFECTS = 2 + 2 * 2 * ITEMS;

const first = predict(signature("item: str -> draft: str"));
const second = predict(signature("draft: str -> final: str"));

/** Each item through both stages; items overtake each other. */
const each = program({
  name: "Each",
  parts: { first, second },
  version: 1,
  async forward(stage, { items }: { items: readonly string[] }) {
    const finals = items.map(async (item) => {
      const { draft } = await stage.first({ item });
      const { final } = await stage.second({ draft });
      return final;
    });
    return { finals: await Promise.all(finals) };
  },
});

export const pipeline = program({
  name: "Pipeline",
  parts: {
    begin: predict(signature("topic: str -> title: str")),
    left: each,
    right: each,
    finish: predict(signature("title: str, text: str -> summary: str")),
  },
  version: 1,
  async forward({ begin, left, right, finish }, { topic }: { topic: string }) {
    const { title } = await begin({ topic });
    const items = Array.from({ length: ITEMS }, (_, index) => `${title} ${index}`);
    const both = await Promise.all([left({ items }), right({ items: items.map((item) => `${item}, too`) })]);
    const finals = both.flatMap((part) => part.finals);
    const { summary } = await finish({ title, text: finals.join("; ") });
    return { summary, finals };
  },
});

const OUTPUTS = { topic: "title", item: "draft", draft: "final", title: "summary" } as const;

/** Answers by what it is asked, after a random while; `onAnswer` is told what it was asked each time. */
export function slowModel(random: Random, onAnswer: (asked: string) => void): LanguageModel {
  const model = scripted((request) => {
    const content = String(request.messages.at(-1)?.content);
    const [, name = "", value = ""] = /\[\[ ## (\w+) ## \]\]\n(.*)/.exec(content) ?? [];
    return { [OUTPUTS[name as keyof typeof OUTPUTS]]: `${OUTPUTS[name as keyof typeof OUTPUTS]} of ${value}` };
  });
  return {
    ...model,
    async generate(request, options) {
      for (let rounds = Math.floor(random.next() * 20); rounds > 0; rounds -= 1)
        await new Promise((resolve) => setImmediate(resolve));
      const answer = await model.generate(request, options);
      onAnswer(String(request.messages.at(-1)?.content));
      return answer;
    },
  };
}

/** The store, which tells of each record once it is kept. */
export function watched(store: EffectStore, onRecord: (count: number) => void): EffectStore {
  let count = 0;
  return {
    find: (key) => store.find(key),
    async record(key, step) {
      await store.record(key, step);
      onRecord((count += 1));
    },
  };
}
