import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { examples } from "../../../src/evaluate/load-examples.ts";
import { compile } from "../../../src/teleprompters/job/compile.ts";
import { scripted } from "../../../src/testing/scripted.ts";
import { storeFolder } from "../../foundation/store-folder.ts";
import { qa, QA, tries } from "./tries.ts";

// `npm run full-disk` does it with a disk that is full.
test("a job whose results cannot be kept any more begins no further trial, and says so", async () => {
  const folder = join(storeFolder(), "job");
  let asked = 0;
  const main = scripted(async () => {
    asked += 1;
    if (asked === 5) rmSync(folder, { recursive: true });
    // A model takes its time, so that the disk has its turn.
    await new Promise(setImmediate);
    return { answer: "right" };
  });
  const handle = compile(tries(["shout"]), qa, {
    trainset: examples(
      QA,
      Array.from({ length: 2_000 }, (_, at) => ({ question: `a${at}`, answer: "right" })),
    ),
    folder,
    maxConcurrency: 2,
    clients: { main },
  });
  await expect(handle.result()).rejects.toMatchObject({ code: "write_failed" });
  expect(asked).toBeLessThan(1_000);
});
