import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { audio, file, image } from "../../src/programs/media.ts";
import { MAX_MEDIA_BYTES } from "../../src/signatures/media.ts";

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
