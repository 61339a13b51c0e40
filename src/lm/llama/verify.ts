import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat, writeFile } from "node:fs/promises";
import { asError } from "../../foundation/errors.ts";
import type { WeightsFacts } from "./embedded-model.ts";

export type Inspection =
  | { readonly kind: "good" }
  | { readonly kind: "missing" }
  | { readonly kind: "bad"; readonly reason: string };

const GOOD: Inspection = Object.freeze({ kind: "good" });

/**
 * Whether the file at `path` is, to the byte, the one that the facts describe. The SHA-256 is worked out once; a small
 * file beside it then says which size and modification time it belonged to, and it is worked out again when they change.
 *
 * @throws the signal's reason when it aborts, and nothing else
 */
export async function inspectWeights(path: string, facts: WeightsFacts, signal?: AbortSignal): Promise<Inspection> {
  try {
    const found = await stat(path, { bigint: true });
    if (!found.isFile()) return { kind: "bad", reason: "is no file" };
    if (found.size !== BigInt(facts.bytes))
      return { kind: "bad", reason: `has ${count(found.size)} bytes instead of ${count(facts.bytes)}` };

    const marker = JSON.stringify({ sha256: facts.sha256, bytes: facts.bytes, modified: String(found.mtimeNs) });
    const kept = await readFile(markerPath(path), "utf8").catch(() => "");
    if (kept === marker) return GOOD;

    const sha256 = await hashFile(path, signal);
    if (sha256 !== facts.sha256)
      return {
        kind: "bad",
        reason: `has the SHA-256 ${sha256.slice(0, 12)}… instead of ${facts.sha256.slice(0, 12)}…`,
      };
    // In a folder that cannot be written to, the sum is worked out at each start: slower, not wrong.
    await writeFile(markerPath(path), marker).catch(() => undefined);
    return GOOD;
  } catch (thrown) {
    if (signal?.aborted) throw signal.reason;
    const error = asError(thrown);
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { kind: "missing" };
    return { kind: "bad", reason: `cannot be read (${error.message})` };
  }
}

export async function hashFile(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  const stream = createReadStream(path, { highWaterMark: 1 << 20, ...(signal && { signal }) });
  for await (const chunk of stream) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

function markerPath(path: string): string {
  return `${path}.verified.json`;
}

function count(bytes: number | bigint): string {
  return bytes.toLocaleString("en-US");
}
