import type { Adapter } from "../../adapters/adapter.ts";
import { nearest } from "../../foundation/check-options.ts";
import { UsageError } from "../../foundation/errors.ts";
import { LmError } from "../../lm/failure.ts";
import { mainClients, pickClient, pickRetriever } from "../../programs/pick-client.ts";
import { searchesIn } from "../../programs/modules/retrieve.ts";
import type { ChildSpec } from "../../supervisors/child-spec.ts";
import type { ClientSpec } from "./client.ts";
import type { ProgramSpec } from "../program/program-actor.ts";
import type { RetrieverClientSpec } from "./retriever-client.ts";

/** The clients and programs of a tree that is to be started, as far as its specs tell. */
interface Found {
  readonly clients: readonly ClientSpec[];
  readonly retrievers: readonly RetrieverClientSpec[];
  readonly programs: readonly ProgramSpec[];
  /** Whether there may be other clients: some child is a spec of the user's own making, or starts its children later. */
  readonly more: boolean;
}

/**
 * Every call of a program that names a client that is not there fails, and so does a fallback: what can be known before
 * the start is said then. Where a child may bring clients of its own (a `dynamicSupervisor`, a child spec that is written
 * by hand), a name may be one of theirs, and is not refused.
 *
 * @throws UsageError that names the client and those there are
 */
export function checkNamedClients(children: readonly ChildSpec[]): void {
  const found = merged(children.map(foundIn));
  const clients = found.clients.map(({ name }) => name);
  const retrievers = found.retrievers.map(({ name }) => name);
  const unnamed = mainClients(found.clients);
  const models: Known = {
    names: clients,
    unnamed,
    more: found.more,
    pick: (names, name) => pickClient(names, name, unnamed),
  };
  const searches: Known = { names: retrievers, unnamed: retrievers, more: found.more, pick: pickRetriever };

  for (const { name, fallback } of found.clients)
    for (const each of fallback) check(`client "${name}": fallback`, each, models);
  for (const { name, program } of found.programs) {
    const what = (path: string): string => `program "${name}"${path === "self" ? "" : `, at "${path}"`}`;
    for (const [path, { client, adapter }] of Object.entries(program.predictors())) {
      check(what(path), client, models);
      const own = adapter && clientOf(adapter);
      if (own !== undefined) check(`${what(path)}, its ${adapter?.name} adapter`, own, models);
    }
    for (const [path, { client }] of Object.entries(searchesIn(program))) check(what(path), client, searches);
  }
}

/** The client that an adapter sends requests of its own to, where its settings tell one. */
function clientOf(adapter: Adapter): string | undefined {
  const client = adapter.settings?.["client"];
  return typeof client === "string" ? client : undefined;
}

interface Known {
  readonly names: readonly string[];
  readonly more: boolean;
  /** Those that are meant where none is named. */
  readonly unnamed: readonly string[];
  /** @throws LmError as it does when a call chooses its client */
  pick(names: readonly string[], name: string | undefined): string;
}

function check(what: string, name: string | undefined, { names, unnamed, more, pick }: Known): void {
  // That there are several stays true however many more there are.
  if (more && (name !== undefined || unnamed.length < 2)) return;
  try {
    pick(names, name);
  } catch (thrown) {
    if (!(thrown instanceof LmError)) throw thrown;
    const near = name === undefined ? undefined : nearest(name, names);
    const hint = near === undefined ? "" : ` (is "${near}" meant?)`;
    throw new UsageError(`startSystem: ${what}: ${thrown.message}${hint}`, { cause: thrown });
  }
}

function foundIn(spec: ChildSpec): Found {
  if (isClient(spec)) return { ...NOTHING, clients: [spec] };
  if (isRetriever(spec)) return { ...NOTHING, retrievers: [spec] };
  if ("kind" in spec && spec.kind === "program") return { ...NOTHING, programs: [spec as ProgramSpec] };
  if ("children" in spec && Array.isArray(spec.children))
    return merged((spec.children as readonly ChildSpec[]).map(foundIn));
  return { ...NOTHING, more: !("behaviour" in spec) };
}

const NOTHING: Found = { clients: [], retrievers: [], programs: [], more: false };

function merged(all: readonly Found[]): Found {
  return {
    clients: all.flatMap(({ clients }) => clients),
    retrievers: all.flatMap(({ retrievers }) => retrievers),
    programs: all.flatMap(({ programs }) => programs),
    more: all.some(({ more }) => more),
  };
}

function isClient(spec: ChildSpec): spec is ClientSpec {
  return "kind" in spec && spec.kind === "client" && "holds" in spec && spec.holds === "lm";
}

function isRetriever(spec: ChildSpec): spec is RetrieverClientSpec {
  return "kind" in spec && spec.kind === "client" && "holds" in spec && spec.holds === "retriever";
}
