import { canonicalJson } from "../../foundation/digest.ts";

/** A schema, which may hold others, and itself by way of them. */
export interface SchemaNode {
  facts: Facts;
}

/** What is known of something, once it is said what stands for each schema right inside of it. */
export type Facts = (tell: (node: SchemaNode) => unknown) => unknown;

/**
 * All facts of a graph of schemas as one tree: each that holds others is written out where it is met first, and named by its
 * number wherever it is met again (the first that holds others is 0). Whether two are one and the same object, or were made
 * twice alike, makes no difference, nor how often a recursion was written out: only what they say does.
 */
export function wholeFacts(facts: Facts): unknown {
  const graph = graphFrom(facts);
  const kinds = kindsOf(graph);
  const numbers = new Map<number, number>();
  const tell = (node: SchemaNode): unknown => {
    if (graph.get(node)?.held.length === 0) return node.facts(tell);
    // All have one.
    const kind = kinds.get(node) ?? 0;
    const number = numbers.get(kind);
    if (number !== undefined) return { $again: number };
    numbers.set(kind, numbers.size);
    return node.facts(tell);
  };
  return facts(tell);
}

interface Said {
  /** Its own facts, whatever it holds. */
  readonly own: string;
  /** What stands right inside of it, in order. */
  readonly held: readonly SchemaNode[];
}

type Graph = ReadonlyMap<SchemaNode, Said>;

/** All schemas, in the order in which they are met. */
function graphFrom(facts: Facts): Graph {
  const graph = new Map<SchemaNode, Said>();
  const open = new Set<SchemaNode>();
  facts((node) => void open.add(node));
  for (const node of open) {
    const held: SchemaNode[] = [];
    const own = canonicalJson(
      node.facts((each) => {
        held.push(each);
        open.add(each);
        return null;
      }),
    );
    graph.set(node, { own, held });
  }
  return graph;
}

/**
 * Which of them say the same, all the way down: at first those may that say the same themselves; of these, those are told apart that hold
 * other kinds, until no further ones are (Moore's way to the smallest automaton).
 */
function kindsOf(graph: Graph): ReadonlyMap<SchemaNode, number> {
  let kinds = grouped(graph, (_node, { own }) => own);
  for (let before = 0; before < kinds.count;) {
    const { of, count } = kinds;
    before = count;
    kinds = grouped(graph, (node, { held }) => [node, ...held].map((each) => of.get(each)).join(" "));
  }
  return kinds.of;
}

/** Those of which the same is said are of one kind. */
function grouped(
  graph: Graph,
  textOf: (node: SchemaNode, said: Said) => string,
): { readonly of: ReadonlyMap<SchemaNode, number>; readonly count: number } {
  const named = new Map<string, number>();
  const of = new Map<SchemaNode, number>();
  for (const [node, said] of graph) {
    const text = textOf(node, said);
    const kind = named.get(text) ?? named.size;
    named.set(text, kind);
    of.set(node, kind);
  }
  return { of, count: named.size };
}
