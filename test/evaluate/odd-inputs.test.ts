// Examples with more than text in them: pictures, earlier turns, tools; asked, recorded, and taken from the record.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { client } from "../../src/actors/client/client.ts";
import type { EvaluateOptions } from "../../src/evaluate/evaluation-options.ts";
import { examples } from "../../src/evaluate/load-examples.ts";
import { jsonMatch } from "../../src/evaluate/metrics/json-match.ts";
import { exactMatch } from "../../src/evaluate/metrics/text-metrics.ts";
import type { EvaluationReport } from "../../src/evaluate/report.ts";
import type { LmRequest } from "../../src/lm/language-model.ts";
import { image } from "../../src/media/media.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import { signature } from "../../src/signatures/signature.ts";
import { tool } from "../../src/signatures/values/tool.ts";
import { startSystem } from "../../src/system.ts";
import { scripted, type ScriptedModel } from "../../src/testing/scripted.ts";
import { cutFile, storeFolder } from "../foundation/store-folder.ts";

/** So many bytes that begin as a PNG does. */
function picture(bytes: number, fill: number) {
  return image(Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, ...Array(bytes).fill(fill)]));
}

const search = tool({ name: "search", description: "Searches.", input: z.object({ query: z.string() }) });
const Looks = signature("picture: Image, history: History, question, tools: list[Tool] -> answer, calls: ToolCalls");
const looks = predict(Looks, { name: "looks" });
const [cat, dog] = [picture(30_000, 1), picture(30_000, 2)];
const earlier = [{ question: "Do you see it?", answer: "I do." }];
const set = examples(
  Looks,
  [cat, dog, cat].map((each, index) => ({
    picture: each,
    history: earlier,
    question: `What is in picture ${index}?`,
    tools: [search],
    answer: each === cat ? "cat" : "dog",
    calls: [{ name: "search", args: { query: `q${index}` } }],
  })),
);

/** Knows the pictures by their bytes. */
function seer(): ScriptedModel {
  return scripted(
    (request) => {
      const index = /picture (\d)/.exec(JSON.stringify(request.messages.at(-1)))?.[1] ?? "";
      return {
        answer: pictureIn(request) === cat.url ? "cat" : "dog",
        calls: [{ name: "search", args: { query: `q${index}` } }],
      };
    },
    { identity: "seer" },
  );
}

function pictureIn({ messages }: LmRequest): string | undefined {
  const { content } = messages.at(-1) ?? {};
  const part = typeof content === "object" ? content.find(({ type }) => type === "image") : undefined;
  return part?.type === "image" ? part.url : undefined;
}

const metric = { answer: exactMatch("answer"), calls: jsonMatch("calls") };

async function evaluated(lm: ScriptedModel, options: EvaluateOptions = {}): Promise<EvaluationReport> {
  const system = await startSystem({ children: [client({ name: "lm", lm })], logger: false, cache: false });
  try {
    return await system.evaluate(looks, set, metric, options);
  } finally {
    await system.stop();
  }
}

const seen = ({ rows }: EvaluationReport): unknown =>
  rows.map(({ prediction, score, scores }) => [{ ...prediction }, prediction?.$meta.messages, score, scores]);

describe("examples with pictures, earlier turns and tools", () => {
  test("are asked as they are, and scored", async () => {
    const lm = seer();
    const report = await evaluated(lm);
    expect(report).toMatchObject({ score: 100, scores: { answer: 1, calls: 1 }, failures: [] });
    const [first] = lm.requests;
    expect(first?.messages.slice(1, 3)).toMatchObject([
      { role: "user", content: expect.stringContaining("Do you see it?") as string },
      { role: "assistant", content: expect.stringContaining("I do.") as string },
    ]);
    expect(first && pictureIn(first)).toBe(cat.url);
    expect(JSON.stringify(first?.messages)).toContain("Searches.");
    for (const form of [report.toTable(), report.toHtml(), report.toCsv(), report.toMarkdown()])
      expect(form.length).toBeLessThan(40_000);
  });

  test.each([{}, { trace: true }])(
    "come back from the journal as they were, the bytes of each picture in it once: %o",
    async (options) => {
      const journal = join(storeFolder(), "dev.jsonl");
      const first = await evaluated(seer(), { ...options, journal });
      expect(first.score).toBe(100);
      const text = readFileSync(journal, "utf8");
      for (const { url } of [cat, dog]) expect(text.split(url)).toHaveLength(2);
      const lm = seer();
      const again = await evaluated(lm, { ...options, journal });
      expect(lm.requests).toEqual([]);
      expect(again.recorded).toEqual({ predictions: 3, scores: 3 });
      expect(seen(again)).toEqual(seen(first));
      expect(again.rows.map(({ prediction }) => prediction?.$meta.trace)).toEqual(
        first.rows.map(({ prediction }) => prediction?.$meta.trace),
      );
    },
  );

  test("are asked anew where the journal has lost their bytes", async () => {
    const journal = join(storeFolder(), "dev.jsonl");
    await evaluated(seer(), { journal, maxConcurrency: 1 });
    const lines = readFileSync(journal, "utf8").split("\n");
    // From the second picture on.
    const lost = lines.findIndex((line) => line.includes(dog.url));
    cutFile(journal, Buffer.byteLength(`${lines.slice(0, lost).join("\n")}\n`) + 100);
    const lm = seer();
    const again = await evaluated(lm, { journal });
    expect(again.score).toBe(100);
    expect(lm.requests.map(pictureIn)).toEqual([dog.url, cat.url]);
    const third = seer();
    expect((await evaluated(third, { journal })).score).toBe(100);
    expect(third.requests).toEqual([]);
  });
});
