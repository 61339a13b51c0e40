export type MediaKind = "image" | "audio" | "file";

/** What the bytes are, by what they begin with; undefined when they are none of that kind that is known. */
export function mediaTypeOf(bytes: Uint8Array, kind: MediaKind): string | undefined {
  const found = SIGNS.find(({ at = 0, starts }) =>
    starts.every((byte, index) => byte < 0 || bytes[at + index] === byte),
  );
  const mediaType = found?.type ?? brandOf(bytes);
  if (kind !== "file") return mediaType?.startsWith(`${kind}/`) ? mediaType : undefined;
  return mediaType ?? (isText(bytes) ? "text/plain" : "application/octet-stream");
}

interface Sign {
  readonly type: string;
  readonly at?: number;
  /** -1: any byte. */
  readonly starts: readonly number[];
}

function ascii(text: string): number[] {
  return [...text].map((sign) => (sign === "?" ? -1 : sign.charCodeAt(0)));
}

const SIGNS: readonly Sign[] = [
  { type: "image/png", starts: [0x89, ...ascii("PNG\r\n"), 0x1a, 0x0a] },
  { type: "image/jpeg", starts: [0xff, 0xd8, 0xff] },
  { type: "image/gif", starts: ascii("GIF8") },
  { type: "image/webp", starts: ascii("RIFF????WEBP") },
  { type: "image/bmp", starts: [...ascii("BM"), -1, -1, -1, -1, 0, 0, 0, 0] },
  { type: "image/tiff", starts: [...ascii("II"), 0x2a, 0] },
  { type: "image/tiff", starts: [...ascii("MM"), 0, 0x2a] },
  { type: "audio/wav", starts: ascii("RIFF????WAVE") },
  { type: "audio/flac", starts: ascii("fLaC") },
  { type: "audio/ogg", starts: ascii("OggS") },
  { type: "audio/mpeg", starts: ascii("ID3") },
  { type: "audio/aac", starts: [0xff, 0xf1] },
  { type: "audio/aac", starts: [0xff, 0xf9] },
  ...[0xfb, 0xfa, 0xf3, 0xf2].map((byte) => ({ type: "audio/mpeg", starts: [0xff, byte] })),
  { type: "audio/webm", starts: [0x1a, 0x45, 0xdf, 0xa3] },
  { type: "application/pdf", starts: ascii("%PDF-") },
  { type: "application/zip", starts: [...ascii("PK"), 3, 4] },
];

const BRANDS: readonly (readonly [brand: RegExp, type: string])[] = [
  [/^avi[fs]/, "image/avif"],
  [/^(?:hei|hev|mif1)/, "image/heic"],
  [/^M4A/, "audio/mp4"],
];

/** Of the files that have their kind behind `ftyp`. */
function brandOf(bytes: Uint8Array): string | undefined {
  const name = String.fromCharCode(...bytes.subarray(4, 12));
  return name.startsWith("ftyp") ? BRANDS.find(([brand]) => brand.test(name.slice(4)))?.[1] : undefined;
}

function isText(bytes: Uint8Array): boolean {
  try {
    return !/[\u0000-\u0008\u000e-\u001f]/.test(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return false;
  }
}

const FORMATS: Readonly<Record<string, string>> = {
  mpeg: "mp3",
  mpga: "mp3",
  wave: "wav",
  "vnd.wave": "wav",
  mp4: "m4a",
};

/** The word for an audio's type in requests: `audio/x-wav` is `wav`, `audio/mpeg` is `mp3` (where DSPy says `mpeg`). */
export function formatOf(mediaType: string): string {
  const name = mediaType.slice("audio/".length).replace(/^x-/, "");
  return FORMATS[name] ?? name;
}

const EXTENSIONS: Readonly<Record<string, string>> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  svg: "image/svg+xml",
  wav: "audio/wav",
  mp3: "audio/mpeg",
  flac: "audio/flac",
  ogg: "audio/ogg",
  m4a: "audio/mp4",
  pdf: "application/pdf",
  txt: "text/plain",
  md: "text/markdown",
  csv: "text/csv",
  html: "text/html",
  json: "application/json",
  docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  pptx: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
};

/** What a file's name says that it is; undefined when it says nothing. */
export function mediaTypeOfName(name: string): string | undefined {
  const extension = /\.([A-Za-z0-9]+)$/.exec(name)?.[1]?.toLowerCase();
  return extension === undefined || !Object.hasOwn(EXTENSIONS, extension) ? undefined : EXTENSIONS[extension];
}
