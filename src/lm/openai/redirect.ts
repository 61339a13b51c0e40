import { LmError } from "../failure.ts";
import type { HeaderReader } from "../retry/retry-after.ts";
import type { AskedServer } from "./failure.ts";

export interface Redirect {
  readonly status: number;
  readonly headers: HeaderReader;
  /** That was asked. */
  readonly url: string;
}

/** An answer that sends whoever asks elsewhere, or says that nothing is new. */
export function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}

/**
 * The failure that a redirect means. None is followed: whoever answers for an API does not move it, and a request carries a
 * key, which is for nobody else. Asked again it is the same.
 */
export function redirected({ status, headers, url }: Redirect, asked: AskedServer): LmError {
  const { host, provider, redact } = asked;
  const to = placeOf(headers.get("location"), url);
  const where = to === undefined ? "elsewhere" : `to ${redact(to)}`;
  return new LmError(
    `${host} redirects ${where} (${status}), which is not followed: make that the base URL, if you trust it`,
    { code: "not_found", provider, status, details: { host, ...(to !== undefined && { location: redact(to) }) } },
  );
}

/** Without its query, which may hold what is nobody's business. */
function placeOf(location: string | null, from: string): string | undefined {
  const text = location?.trim() ?? "";
  if (text === "" || !URL.canParse(text, from)) return undefined;
  const { origin, pathname, protocol } = new URL(text, from);
  return origin === "null" ? protocol : `${origin}${pathname}`;
}
