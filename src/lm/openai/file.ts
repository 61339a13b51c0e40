import type { LmFilePart } from "../message.ts";
import { notSendable } from "../sendable.ts";

/** A file as OpenAI's protocols have it: one of the three. */
export interface OpenAiFile {
  readonly file_id?: string;
  /** A `data:` URL. */
  readonly file_data?: string;
  /** Goes with the data, and is wanted. */
  readonly filename?: string;
  /** Where it is to be fetched from. */
  readonly file_url?: string;
}

/** @throws LmError `bad_request` for a file of nothing */
export function openAiFile({ url, fileId, filename }: LmFilePart): OpenAiFile {
  if (fileId !== undefined) return { file_id: fileId };
  if (url === undefined) throw notSendable("a part of type file with neither url nor fileId");
  if (!/^data:/i.test(url)) return { file_url: url };
  const subtype = /^data:[\w-]+\/([a-z0-9]+)[;,]/i.exec(url)?.[1];
  return { file_data: url, filename: filename ?? (subtype === undefined ? "file" : `file.${subtype}`) };
}
