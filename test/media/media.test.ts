import { execFile } from "node:child_process";
import { createServer } from "node:http";
import type { RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { UsageError } from "../../src/foundation/errors.ts";
import { audio, file, image } from "../../src/media/media.ts";
import { isPrivateAddress } from "../../src/media/private-address.ts";
import { testClock } from "../../src/testing/test-clock.ts";
import { MAX_MEDIA_BYTES } from "../../src/signatures/values/media.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dspex-media-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function written(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

test("a file is what its bytes say, else what its name says", async () => {
  const gif = await written("cat.png", "GIF89a");
  expect(await image.fromPath(gif)).toEqual({ type: "image", url: "data:image/gif;base64,R0lGODlh" });
  const svg = await written("cat.SVG", "<svg/>");
  expect(await image.fromPath(svg)).toEqual({ type: "image", url: "data:image/svg+xml;base64,PHN2Zy8+" });
  const mp3 = await written("talk.mp3", "ID3");
  expect(await audio.fromPath(mp3)).toEqual({ type: "audio", data: "SUQz", format: "mp3" });
  const text = await written("notes.md", "# x");
  expect(await file.fromPath(text)).toEqual({
    type: "file",
    url: "data:text/markdown;base64,IyB4",
    filename: "notes.md",
  });
  expect(await file.fromPath(text, { filename: "n", mediaType: "text/plain" })).toEqual({
    type: "file",
    url: "data:text/plain;base64,IyB4",
    filename: "n",
  });
});

test("what is no image is refused, whatever reads it", async () => {
  await expect(image.fromPath(await written("a.txt", "hello"))).rejects.toThrow(
    /image: expected a data URL of type image/,
  );
  await expect(image.fromPath(await written("a", "hello"))).rejects.toThrow(/known kind of image/);
  await expect(image.fromPath(join(folder, "none.png"))).rejects.toThrow(/ENOENT/);
});

test("a file that is too big is not read", async () => {
  const path = await written("big.pdf", "");
  const handle = await open(path, "r+");
  await handle.truncate(MAX_MEDIA_BYTES + 1);
  await handle.close();
  await expect(file.fromPath(path)).rejects.toThrow(/at most 52428800 bytes, and .*big\.pdf has 52428801/);
});

test("a file that the provider has already goes by its id", () => {
  expect(file.fromId("file-1")).toEqual({ type: "file", fileId: "file-1" });
});

async function served(
  answer: RequestListener,
): Promise<{ readonly url: string; readonly port: number; close(): void }> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

const LOCAL = { allowPrivate: true };

test("what is downloaded is what its bytes say, else what the server says", async () => {
  const server = await served((request, response) => {
    if (request.url === "/moved") return void response.writeHead(302, { location: "/cat.png" }).end();
    if (request.url === "/none") return void response.writeHead(404).end("nothing here");
    const type = { "/cat.png": "image/png", "/talk": "audio/wav; codecs=1" }[request.url ?? ""] ?? "text/csv";
    response.writeHead(200, { "content-type": type }).end(request.url === "/cat.png" ? "GIF89a" : "a,b");
  });
  try {
    const gif = { type: "image", url: "data:image/gif;base64,R0lGODlh" };
    expect(await image.fromUrl(`${server.url}/cat.png`, LOCAL)).toEqual(gif);
    expect(await image.fromUrl(new URL("/moved", server.url), LOCAL)).toEqual(gif);
    expect(await audio.fromUrl(`${server.url}/talk`, LOCAL)).toEqual({ type: "audio", data: "YSxi", format: "wav" });
    expect(await file.fromUrl(`${server.url}/a/table.csv?key=secret`, LOCAL)).toEqual({
      type: "file",
      url: "data:text/csv;base64,YSxi",
      filename: "table.csv",
    });
    await expect(image.fromUrl(`${server.url}/table.csv`, LOCAL)).rejects.toThrow(/known kind of image/);
    await expect(image.fromUrl(`${server.url}/none`, LOCAL)).rejects.toThrow(
      /image.fromUrl: 127.0.0.1:\d+ answered 404$/,
    );
    await expect(image.fromUrl("cat.png")).rejects.toThrow(
      'image.fromUrl: expected an http or https URL, got "cat.png"',
    );
    await expect(file.fromUrl("file:///etc/passwd")).rejects.toThrow(/expected an http or https URL/);
  } finally {
    server.close();
  }
});

test("a download that is too big, or that nobody wants any more, ends early", async () => {
  let sent = 0;
  const server = await served((request, response) => {
    response.writeHead(200, { "content-type": "application/pdf" });
    if (request.url === "/slow") return void response.write("%PDF-");
    const piece = Buffer.alloc(1024 * 1024);
    const more = (): void => {
      while (!response.destroyed) {
        sent += piece.length;
        if (!response.write(piece)) return;
      }
    };
    response.on("drain", more);
    more();
  });
  try {
    await expect(file.fromUrl(`${server.url}/endless`, LOCAL)).rejects.toThrow(
      /file: expected at most 52428800 bytes, and 127.0.0.1:\d+ has at least \d+$/,
    );
    expect(sent).toBeLessThan(2 * MAX_MEDIA_BYTES);
    const aborting = new AbortController();
    const slow = file.fromUrl(`${server.url}/slow`, { ...LOCAL, signal: aborting.signal });
    aborting.abort(new Error("not any more"));
    await expect(slow).rejects.toThrow("not any more");
  } finally {
    server.close();
  }
});

test("a download says no more of its address than the host, and sends a password to that host alone", async () => {
  const asked: string[] = [];
  const server = await served((request, response) => {
    asked.push(`${request.url} ${request.headers.authorization ?? "-"}`);
    if (request.url === "/moved") {
      const { port } = server;
      return void response.writeHead(302, { location: `http://localhost:${port}/none` }).end();
    }
    response.writeHead(404).end();
  });
  try {
    const secret = server.url.replace("http://", "http://user:hunter2@");
    await expect(image.fromUrl(`${secret}/moved`, LOCAL)).rejects.toThrow(
      /^image.fromUrl: 127.0.0.1:\d+ answered 404$/,
    );
    expect(asked).toEqual([`/moved Basic ${btoa("user:hunter2")}`, "/none -"]);
    for (const url of [
      secret,
      "ftp://user:hunter2@example.com/x",
      "http://user:hunter2@",
      "user:hunter2@example.com",
    ]) {
      const failure = await image.fromUrl(url).catch((thrown: unknown) => thrown);
      expect(failure).toBeInstanceOf(UsageError);
      expect(String(failure)).not.toContain("hunter2");
    }
  } finally {
    server.close();
  }
});

test("private addresses are not asked, whatever leads there, unless that is allowed", async () => {
  let asked = 0;
  const server = await served((_, response) => {
    asked += 1;
    response.end("GIF89a");
  });
  try {
    const { port } = server;
    for (const host of [
      "127.0.0.1",
      "localhost",
      "[::1]",
      "[::ffff:127.0.0.1]",
      "2130706433",
      "0.0.0.0",
      "10.1.2.3",
      "169.254.169.254",
    ])
      await expect(image.fromUrl(`http://${host}:${port}/`)).rejects.toThrow(
        /is a private address; allowPrivate: true/,
      );
    expect(asked).toBe(0);
    await image.fromUrl(`http://localhost:${port}/`, LOCAL);
    expect(asked).toBe(1);
  } finally {
    server.close();
  }
});

test.each([
  ["8.8.8.8", false],
  ["172.15.0.1", false],
  ["2606:4700::1111", false],
  ["::ffff:8.8.8.8", false],
  ["172.16.0.1", true],
  ["100.64.0.1", true],
  ["192.168.1.1", true],
  ["::", true],
  ["fd00::1", true],
  ["fe80::1", true],
  ["::ffff:10.0.0.1", true],
  ["64:ff9b::a00:1", true],
])("%s: private is %s", (address, isPrivate) => {
  expect(isPrivateAddress(address)).toBe(isPrivate);
});

test("an answer that says that it is too big is not read, and one that never ends is given up", async () => {
  const clock = testClock();
  const server = await served((request, response) => {
    response.writeHead(200, request.url === "/big" ? { "content-length": String(60 * 2 ** 20) } : {});
    response.write("GIF89a");
  });
  try {
    await expect(image.fromUrl(`${server.url}/big`, LOCAL)).rejects.toThrow(/at most 52428800 bytes.* has 62914560$/);
    const slow = image.fromUrl(`${server.url}/slow`, { ...LOCAL, clock });
    expect(clock.pending).toBe(1);
    await Promise.all([
      expect(slow).rejects.toThrow(/^image.fromUrl: 127.0.0.1:\d+ did not answer in full within 60000 ms$/),
      clock.advance(60_000),
    ]);
    expect(clock.pending).toBe(0);
  } finally {
    server.close();
  }
});

test("only a file is read from a path", async () => {
  const pipe = join(folder, "pipe.png");
  await promisify(execFile)("mkfifo", [pipe]);
  for (const path of [pipe, folder, "/dev/zero"])
    await expect(image.fromPath(path)).rejects.toThrow(`image.fromPath: expected a file, and ${path} is none`);
});
