import { digest, inOrder } from "../foundation/digest.ts";

/**
 * A `LanguageModel`'s identity: where it is (a base URL, a file of weights), and a digest of the settings it was opened
 * with that can change its answers. Settings may hold secrets: what comes out shows none of them. They count as they are
 * sent, as JSON; in which order, too, since there may be a schema among them.
 */
export function modelIdentity(where: string, settings: unknown): string {
  const sent = JSON.stringify(settings) as string | undefined;
  return `${where} ${digest(inOrder(sent === undefined ? null : JSON.parse(sent))).slice(0, 22)}`;
}
