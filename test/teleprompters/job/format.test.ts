// Folders of jobs as each version wrote them, read for ever: a job that was cancelled after five of its eight calls.
import { cpSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compile } from "../../../src/teleprompters/job/compile.ts";
import { storeFolder } from "../../foundation/store-folder.ts";
import { qa, set, shouting, tries } from "./tries.ts";

const FIXTURES = join(import.meta.dirname, "../../fixtures/jobs");

describe("a job's folder", () => {
  test.each(readdirSync(FIXTURES))("of %s is gone on from", async (version) => {
    const folder = join(storeFolder(), "job");
    cpSync(join(FIXTURES, version), folder, { recursive: true });
    const asked = { count: 0 };
    const handle = compile(tries(["mumble", "shout"]), qa, {
      trainset: set,
      folder,
      name: "kept",
      clients: { main: shouting(asked) },
    });
    expect((await handle.result()).signature.instructions).toBe("shout");
    expect(asked.count).toBe(3);
    expect(handle.status()).toMatchObject({ trial: 2, best: 100, lmCalls: 8 });
  });

  test("without its checkpoints is gone on from, too", async () => {
    const folder = join(storeFolder(), "job");
    cpSync(join(FIXTURES, "v1"), folder, { recursive: true, filter: (path) => !path.includes("checkpoint") });
    const asked = { count: 0 };
    const options = { trainset: set, folder, name: "kept", clients: { main: shouting(asked) } };
    await compile(tries(["mumble", "shout"]), qa, options).result();
    expect(asked.count).toBe(3);
  });
});
