/** Takes secrets out of text. */
export type Redact = (text: string) => string;

/** Shorter values are words rather than secrets, and taking them out would garble messages. */
const SHORTEST_SECRET = 6;

/**
 * What looks like a key, whoever it belongs to: providers and gateways echo keys whole, in part ("sk-ab***yz") and as
 * their hashes. Each pattern takes the secret alone, so that what is said about it can be read.
 */
const LOOKS_SECRET: readonly RegExp[] = [
  // Behind a word that says so, in a header, a JSON text or an address. A word after "Bearer" is none: keys have digits.
  /(?<=\b(?:bearer|basic)\s+)(?=[\w.~+/=*-]*\d)[\w.~+/=*-]{6,}/gi,
  /(?<=\b(?:authorization|(?:x-)?api[_-]?key|[\w-]*(?:secret|token|password)[\w-]*|cookie)["']?\s*[:=]\s*["']?)(?!bearer\b|basic\b)(?=[^\s"',;&]*\d)(?=[^\s"',;&]*[a-z])[^\s"',;&]{8,}/gi,
  /(?<=[?&](?:key|api[_-]?key|access_token|token|sig|signature|code)=)[^\s&"'#]+/gi,
  // By how the keys of providers begin.
  /\b[sp]k-[\w*.-]{4,}/g,
  /\b(?:gsk|hf|r8|fw|csk|tgp|lin_api|glpat|sk|pk|rk|key|api|tok|api_org|fpk|ghp|gho|ghu|ghs|ghr|github_pat)_[\w*-]*\d[\w*-]{9,}/g,
  /\b(?:xai|pplx|nvapi|csk|fw|key|tgp|voy|pa|ant|cpk|esecret|vck|xoxb|xoxp)-(?=[\w*-]*\d)[\w*-]{12,}/g,
  /\b(?:gsk_|hf_|r8_)[A-Za-z\d*]{12,}|\b(?:xai|nvapi|pplx)-[\w*]{12,}/g,
  /\bAIza[\w*-]{8,}|\bya29\.[\w*-]{8,}|\bAQ\.[\w*-]{16,}|\b(?:AKIA|ASIA)[A-Z\d]{12,}/g,
  /\beyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?/g,
  // Long and of no language: Azure's and Together's are hex, Mistral's letters and digits. A request's id is told as one.
  /(?<![\w-])(?<!request[ _-]?id\W{1,4})(?=[a-f\d]*\d)(?=[a-f\d]*[a-f])[a-f\d]{32,}(?![\w-])/gi,
  /(?<![\w-])(?<!request[ _-]?id\W{1,4})(?=[A-Za-z]*\d)(?=[A-Z\d]*[a-z])(?=[a-z\d]*[A-Z])[A-Za-z\d]{32,}(?![\w-])/g,
];

/** Takes out the given secrets wherever they occur, and whatever looks like a key. */
export function redactor(secrets: readonly (string | undefined)[]): Redact {
  const known = [...new Set(secrets.flatMap(partsOf))].sort((a, b) => b.length - a.length);
  return (text) => {
    let clean = text;
    for (const secret of known) clean = clean.replaceAll(secret, SECRET);
    for (const pattern of LOOKS_SECRET) clean = clean.replaceAll(pattern, SECRET);
    return clean;
  };
}

const SECRET = "[secret]";

/** A header's value, and what stands in it behind the scheme. */
function partsOf(secret: string | undefined): readonly string[] {
  if (secret === undefined) return [];
  return [secret, secret.replace(/^\w+\s+/, "")].filter((part) => part.length >= SHORTEST_SECRET);
}
