import { hash } from "node:crypto";

/**
 * A `LanguageModel`'s identity: where it is (a base URL, a file of weights), and a digest of the settings it was opened
 * with that can change its answers. Settings may hold secrets: what comes out shows none of them.
 */
export function modelIdentity(where: string, settings: unknown): string {
  return `${where} ${hash("sha256", JSON.stringify(settings) ?? "", "base64url").slice(0, 22)}`;
}
