import { describe, expect, test } from "vitest";
import { UsageError } from "../../../src/foundation/errors.ts";
import {
  MAX_MEDIA_BYTES,
  MEDIA_SCHEMAS,
  audioValue,
  fileById,
  fileValue,
  imageValue,
} from "../../../src/signatures/values/media.ts";

function bytes(start: string | readonly number[], size = 16): Uint8Array {
  const made = new Uint8Array(size);
  made.set(typeof start === "string" ? new TextEncoder().encode(start) : start);
  return made;
}

const PNG = bytes([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

describe("a value that is not text", () => {
  test("is frozen plain data that survives JSON", () => {
    const made = [
      imageValue(PNG),
      imageValue("https://example.com/cat.png"),
      audioValue("data:audio/wav;base64,UklGRg=="),
      fileValue(bytes("%PDF-1.7"), { filename: "a.pdf" }),
      fileById("file-1", { filename: "b.pdf" }),
    ];
    for (const value of made) {
      expect(Object.isFrozen(value)).toBe(true);
      const back: unknown = JSON.parse(JSON.stringify(value));
      expect(back).toEqual(value);
      expect(MEDIA_SCHEMAS[value.type].parse(back)).toEqual(value);
    }
  });

  test.each<readonly [Uint8Array, string]>([
    [PNG, "image/png"],
    [bytes([0xff, 0xd8, 0xff, 0xe0]), "image/jpeg"],
    [bytes("GIF89a"), "image/gif"],
    [bytes("RIFF\u0001\u0002\u0003\u0004WEBP"), "image/webp"],
    [bytes([0, 0, 0, 0x18, ...new TextEncoder().encode("ftypavif")]), "image/avif"],
    [bytes([0, 0, 0, 0x18, ...new TextEncoder().encode("ftypheic")]), "image/heic"],
  ])("of bytes says what they are: %#", (image, mediaType) => {
    const base64 = Buffer.from(image).toString("base64");
    expect(imageValue(image)).toEqual({ type: "image", url: `data:${mediaType};base64,${base64}` });
    expect(imageValue(Uint8Array.from(image).buffer)).toEqual(imageValue(image));
  });

  test("of a part of a buffer holds that part alone", () => {
    const whole = new Uint8Array([...bytes("xxxx", 4), ...PNG, 1, 2, 3]);
    expect(imageValue(whole.subarray(4, 4 + PNG.length))).toEqual(imageValue(PNG));
  });

  test.each<readonly [Uint8Array | string, string]>([
    [bytes("RIFF\u0001\u0002\u0003\u0004WAVE"), "wav"],
    [bytes("ID3"), "mp3"],
    [bytes([0xff, 0xfb]), "mp3"],
    [bytes("OggS"), "ogg"],
    [bytes("fLaC"), "flac"],
    [bytes([0, 0, 0, 0x20, ...new TextEncoder().encode("ftypM4A ")]), "m4a"],
    ["data:audio/mpeg;base64,AAAA", "mp3"],
    ["data:audio/x-wav;rate=16000;base64,AAAA", "wav"],
  ])("of sound names its format as requests do: %#", (source, format) => {
    expect(audioValue(source).format).toBe(format);
  });

  test("of other bytes is text, or of no known type; what is said goes before", () => {
    expect(fileValue(bytes("hello", 5))).toEqual({ type: "file", url: "data:text/plain;base64,aGVsbG8=" });
    expect(fileValue(bytes([0, 1, 2], 3)).url).toBe("data:application/octet-stream;base64,AAEC");
    expect(fileValue(bytes("a,b", 3), { mediaType: "text/csv" }).url).toBe("data:text/csv;base64,YSxi");
    expect(imageValue(bytes("<svg/>", 6), { mediaType: "image/svg+xml" }).url).toMatch(/^data:image\/svg\+xml;/);
  });

  test("may be given where one is made, and is checked again", () => {
    const cat = imageValue("https://example.com/cat.png");
    expect(imageValue(cat)).toEqual(cat);
    expect(() => imageValue({ type: "image", url: "cat.png" })).toThrow(UsageError);
    expect(fileValue(fileById("file-1"), { filename: "x" })).toEqual({ type: "file", fileId: "file-1", filename: "x" });
  });
});

describe("what no such value can be made of is refused, on one line that says what to do", () => {
  test.each<readonly [() => unknown, string]>([
    [() => imageValue("cat.png"), 'got "cat.png"; a path is read only by await image.fromPath("…")'],
    [() => imageValue("/etc/passwd"), "a path is read only by await image.fromPath"],
    [() => imageValue("file:///etc/passwd"), "a path is read only by await image.fromPath"],
    [() => imageValue(new URL("file:///etc/passwd")), "a path is read only by await image.fromPath"],
    [() => audioValue("talk.mp3"), "a path is read only by await audio.fromPath"],
    [() => fileValue("a.pdf"), "a path is read only by await file.fromPath"],
    [() => audioValue("https://example.com/talk.mp3"), "audio: models take no addresses of audio"],
    [
      () => imageValue("data:text/plain;base64,AAAA"),
      "expected a data URL of type image/…, got one of type text/plain",
    ],
    [() => imageValue("data:image/png,raw"), "expected a data URL in base64"],
    [() => imageValue("data:image/png;base64,A A"), "expected base64, got other signs in it"],
    [() => imageValue(bytes("what?")), "image: expected bytes of a known kind of image, got 16 others; say mediaType"],
    [() => imageValue(PNG, { mediaType: "png" }), 'expected a media type such as "image/png", got "png"'],
    [() => imageValue(5 as never), "image: expected bytes, a data URL or an https URL, got 5"],
    [() => fileValue({ type: "file" }), "file: expected either a url or a fileId"],
    [() => imageValue(new Uint8Array(MAX_MEDIA_BYTES + 1)), "image: expected at most 52428800 bytes, got 52428801"],
  ])("%s", (make, message) => {
    expect(make).toThrow(UsageError);
    expect(make).toThrow(message);
  });
});
