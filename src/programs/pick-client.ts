import { LmError } from "../lm/failure.ts";

/**
 * The client of that name, or the only one.
 * @throws LmError `no_such_client` that lists those there are
 */
export function pickClient(names: readonly string[], name: string | undefined): string {
  return pick(names, name, "client", "LM client");
}

/** The same among the clients that have a retriever. */
export function pickRetriever(names: readonly string[], name: string | undefined): string {
  return pick(names, name, "retriever", "retriever");
}

function pick(names: readonly string[], name: string | undefined, noun: string, theOnly: string): string {
  const [only] = names;
  if (name === undefined) {
    if (only !== undefined && names.length === 1) return only;
    throw new LmError(
      only === undefined
        ? `there is no ${theOnly}`
        : `the program names no ${noun} and there are several: ${names.join(", ")}; name one`,
      { code: "no_such_client", details: { clients: names } },
    );
  }
  if (names.includes(name)) return name;
  throw new LmError(`there is no ${noun} "${name}"; there are: ${names.join(", ") || "none"}`, {
    code: "no_such_client",
    details: { client: name, clients: names },
  });
}
