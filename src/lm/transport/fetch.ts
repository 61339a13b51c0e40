import { UsageError, describe } from "../../foundation/errors.ts";
import type { Answer } from "./answer.ts";
import type { Transport } from "./transport.ts";

/**
 * The transport as a `fetch` for HTTP clients that take one: text bodies, to the transport's own host, aborted by
 * `init.signal`. It gives an {@link Answer} where the standard gives a `Response`.
 */
export function transportFetch(transport: Transport): typeof globalThis.fetch {
  const fetchAnswer = (input: string | URL | Request, init: RequestInit = {}): Promise<Answer> => {
    if (typeof input === "object" && !(input instanceof URL))
      throw new UsageError("fetch: expected a URL, got a Request");
    const { body } = init;
    if (body !== undefined && body !== null && typeof body !== "string") {
      throw new UsageError(`fetch: expected text as the body, got ${describe(body)}`);
    }
    const url = new URL(input);
    const signal = init.signal ?? undefined;
    const headers = [...new Headers(init.headers)].flat();
    return transport.send({
      path: url.pathname + url.search,
      method: init.method ?? "GET",
      headers,
      body: body ?? undefined,
      ...(signal && { watch: abortedBy(signal) }),
    });
  };
  // Who reads no more of a response than an answer has finds no difference.
  return fetchAnswer as unknown as typeof globalThis.fetch;
}

function abortedBy(signal: AbortSignal) {
  return {
    connecting: () => {},
    sent: () => {},
    received: () => {},
    onGivenUp(abort: (reason: Error) => void): void {
      const reason = (): Error => (signal.reason instanceof Error ? signal.reason : new Error("aborted"));
      if (signal.aborted) abort(reason());
      else signal.addEventListener("abort", () => abort(reason()), { once: true });
    },
  };
}
