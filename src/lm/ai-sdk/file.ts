import type { AiSdkFile, AiSdkModel } from "./model.ts";
import type { LmAudioPart, LmFilePart, LmImagePart } from "../message.ts";
import { notSendable } from "../sendable.ts";

type AskedModel = Pick<AiSdkModel, "specificationVersion" | "provider">;

export function writeImage({ url }: LmImagePart, model: AskedModel): AiSdkFile {
  return fileAt(url, "image/*", model);
}

export function writeAudio({ data, format }: LmAudioPart, model: AskedModel): AiSdkFile {
  const mediaType = `audio/${format === "mp3" ? "mpeg" : format}`;
  return { type: "file", mediaType, data: bytes(data, model) };
}

/** @throws LmError `bad_request` for a file of nothing, and for one by its id where the version has no word for that */
export function writeFile({ url, fileId, filename }: LmFilePart, model: AskedModel): AiSdkFile {
  const named = filename === undefined ? {} : { filename };
  if (fileId !== undefined) {
    if (model.specificationVersion !== "v4")
      throw notSendable(
        `a part of type file by its id, which specification ${model.specificationVersion} has no word for`,
      );
    // "openai.chat" is a model of the provider "openai", which knows the file.
    const [provider = model.provider] = model.provider.split(".");
    const reference = { type: "reference", reference: { [provider]: fileId } };
    return { type: "file", mediaType: UNKNOWN, ...named, data: asData(reference) };
  }
  if (url === undefined) throw notSendable("a part of type file with neither url nor fileId");
  return { ...fileAt(url, /\.pdf(?:[?#]|$)/i.test(url) ? "application/pdf" : UNKNOWN, model), ...named };
}

const UNKNOWN = "application/octet-stream";

/** @param mediaType of an address, which does not say */
function fileAt(url: string, mediaType: string, model: AskedModel): AiSdkFile {
  const [, said, base64, data = ""] = /^data:([^;,]*)[^,]*?(;base64)?,([^]*)$/i.exec(url) ?? [];
  if (said === undefined) {
    if (!URL.canParse(url)) throw notSendable("a part whose url is no URL");
    const address = new URL(url);
    const tagged = model.specificationVersion === "v4" ? { type: "url", url: address } : address;
    return { type: "file", mediaType, data: asData(tagged) };
  }
  const encoded = base64 === undefined ? Buffer.from(decoded(data)).toString("base64") : data;
  return { type: "file", mediaType: said || "text/plain", data: bytes(encoded, model) };
}

/** @throws LmError `bad_request` for a text that is not escaped as URLs are */
function decoded(data: string): string {
  try {
    return decodeURIComponent(data);
  } catch {
    throw notSendable("a part whose data URL is not escaped as URLs are");
  }
}

function bytes(data: string, { specificationVersion }: AskedModel): never {
  return asData(specificationVersion === "v4" ? { type: "data", data } : data);
}

/** The version says which form is right, and the compiler cannot know it. */
function asData(data: object | string): never {
  return data as never;
}
