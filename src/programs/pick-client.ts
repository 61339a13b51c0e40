import { LmError } from "../lm/failure.ts";

/**
 * The client of that name, or the only one.
 * @param unnamed those that are meant where none is named. Default: all
 * @throws LmError `no_such_client` that lists those there are
 */
export function pickClient(
  names: readonly string[],
  name: string | undefined,
  unnamed: readonly string[] = names,
): string {
  return name === undefined ? pick(unnamed, name, "client", "LM client") : pick(names, name, "client", "LM client");
}

/**
 * The clients that are meant where a program names none: not those that only stand in for others. Where each stands in for
 * another, all of them are.
 */
export function mainClients(
  clients: readonly { readonly name: string; readonly fallback: readonly string[] }[],
): readonly string[] {
  const standIns = new Set(clients.flatMap(({ fallback }) => fallback));
  const main = clients.filter(({ name }) => !standIns.has(name));
  return (main.length > 0 ? main : clients).map(({ name }) => name);
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
