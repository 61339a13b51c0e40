// Pictures in what a search sees of its trials: kept once, and the same after a crash.
import { cpSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { examples, labeledFewShot, loadProgram, predict, signature } from "../../../src/index.ts";
import { image } from "../../../src/media/media.ts";
import { holdsBytes } from "../../../src/programs/records/media-table.ts";
import { compile } from "../../../src/teleprompters/job/compile.ts";
import type { Search, Teleprompter, TrialSeen } from "../../../src/teleprompters/teleprompter.ts";
import { scripted } from "../../../src/testing.ts";
import { storeFolder } from "../../foundation/store-folder.ts";

/** Of jobs that ran the set twice, as each version wrote them. */
const FIXTURES = join(import.meta.dirname, "../../fixtures/jobs-with-pictures");

const Looks = signature("picture: Image, question -> answer");
const looks = predict(Looks, { name: "looks" });

/** So many bytes that begin as a PNG does. */
function picture(fill: number) {
  return image(Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, ...Array<number>(3_000).fill(fill)]));
}

const [cat, dog] = [picture(1), picture(2)];
const trainset = examples(
  Looks,
  [cat, dog, cat].map((each, index) => ({ picture: each, question: `${index}?`, answer: "cat" })),
);

/** Runs the set so many times, one after the other, and keeps what it sees. */
function watching(rounds: number, wants: "trace" | "sampled", seen: (readonly TrialSeen[])[]): Teleprompter {
  return {
    kind: "watching",
    version: 1,
    settings: { rounds: 3, wants },
    metric: undefined,
    async search(search: Search) {
      for (let round = 1; round <= rounds; round += 1) {
        const trials = search.trainset.map((example) => ({ program: search.student, example }));
        seen.push(await search.run(trials, { about: `round ${round}`, wants }));
      }
      return search.student;
    },
  };
}

function lives(wants: "trace" | "sampled" = "trace") {
  const folder = join(storeFolder(), "job");
  const live = async (rounds: number) => {
    const lm = scripted(() => ({ answer: "cat" }), { identity: "seer" });
    const seen: (readonly TrialSeen[])[] = [];
    await compile(watching(rounds, wants, seen), looks, { trainset, folder, clients: { lm } }).result();
    return { seen, asked: lm.requests.length };
  };
  return { folder, live };
}

describe("pictures in what a search sees", () => {
  test.each(["trace", "sampled"] as const)(
    "stand in its folder once (%s), and are whole in its next life",
    async (wants) => {
      const { folder, live } = lives(wants);
      const first = await live(2);
      expect(JSON.stringify(first.seen[1]?.[2])).toContain(cat.url);
      const files = readdirSync(folder).filter((name) => name.startsWith("checkpoint"));
      expect(files.length).toBeGreaterThan(0);
      for (const { url } of [cat, dog]) {
        expect(readFileSync(join(folder, "journal.jsonl"), "utf8").split(url)).toHaveLength(2);
        for (const name of files) expect(readFileSync(join(folder, name), "utf8")).not.toContain(url);
      }
      // Its first rounds by the checkpoint, the last one anew.
      const again = await live(3);
      expect(again.asked).toBe(3);
      expect(again.seen.slice(0, 2)).toEqual(first.seen);
      expect(readFileSync(join(folder, "journal.jsonl"), "utf8").split(cat.url)).toHaveLength(2);
    },
  );

  test.each(readdirSync(FIXTURES))("of a folder that version %s wrote are whole", async (version) => {
    const { folder, live } = lives();
    cpSync(join(FIXTURES, version), folder, { recursive: true });
    const { seen, asked } = await live(2);
    expect(asked).toBe(0);
    expect(seen[1]?.map(({ trace }) => trace?.[0]?.inputs["picture"])).toEqual([cat, dog, cat]);
  });

  test("are in the best program's file in full, which stands alone", async () => {
    const folder = join(storeFolder(), "job");
    const clients = { lm: scripted(() => ({ answer: "cat" })) };
    await compile(labeledFewShot({ k: 2, sample: false }), looks, { trainset, folder, clients }).result();
    const alone = join(storeFolder(), "best.json");
    renameSync(join(folder, "best.json"), alone);
    rmSync(folder, { recursive: true });
    const { demos } = await loadProgram(alone, looks);
    expect(demos.map((demo) => demo["picture"])).toEqual([cat, dog]);
  });

  test("come from the journal where there is no checkpoint", async () => {
    const { folder, live } = lives();
    const first = await live(2);
    for (const name of readdirSync(folder)) if (name.startsWith("checkpoint")) rmSync(join(folder, name));
    const again = await live(2);
    expect(again).toEqual({ seen: first.seen, asked: 0 });
  });

  test("that are lost with their journal: what showed them is asked anew", async () => {
    const { folder, live } = lives();
    const first = await live(2);
    rmSync(join(folder, "journal.jsonl"));
    const again = await live(2);
    expect(again).toEqual({ seen: first.seen, asked: 6 });
    expect(await live(2)).toEqual({ seen: first.seen, asked: 0 });
  });
});

test("data without bytes is not copied for them", () => {
  const text = { type: "text", text: "data:none" };
  expect([{ a: [text, 1, null] }, { type: "image", url: "https://x/y.png" }, "data:x"].map(holdsBytes)).toEqual([
    false,
    false,
    false,
  ]);
  expect(holdsBytes({ a: [{ type: "audio", data: "AAAA" }] })).toBe(true);
});
