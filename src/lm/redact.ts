/** Takes secrets out of text. */
export type Redact = (text: string) => string;

/** Shorter values are words rather than secrets, and taking them out would garble messages. */
const SHORTEST_SECRET = 6;

/**
 * Takes out the given secrets wherever they occur, and whatever looks like a key of OpenAI's: providers echo keys in
 * part ("sk-ab***yz").
 */
export function redactor(secrets: readonly (string | undefined)[]): Redact {
  const known = secrets
    .filter((secret): secret is string => secret !== undefined && secret.length >= SHORTEST_SECRET)
    .sort((a, b) => b.length - a.length);
  return (text) => {
    let clean = text;
    for (const secret of known) clean = clean.replaceAll(secret, "[secret]");
    return clean.replaceAll(/\b[sp]k-[\w*.-]{4,}/g, "[secret]");
  };
}
