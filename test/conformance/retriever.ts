import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { UsageError } from "../../src/foundation/errors.ts";
import type { Retriever, RetrieverSpec } from "../../src/retrieval/retriever.ts";

/** An implementation of the port, opened over {@link TOWNS}. */
export interface RetrieverSubject {
  readonly spec: RetrieverSpec;
  /** Frees what the subject has set up. */
  cleanup?(): Promise<void>;
}

/** What is searched: one passage for each town, whose name is its source. */
export const TOWNS: readonly { readonly text: string; readonly source: string }[] = [
  { text: "Bern lies on the river Aare and is the seat of the government.", source: "bern" },
  { text: "Geneva lies on a lake, and its fountain throws the lake's water high into the air.", source: "geneva" },
  { text: "Basel lies on the river Rhine and has a carnival.", source: "basel" },
  { text: "Lugano lies on a lake in the south, under palm trees.", source: "lugano" },
];

/** What every `Retriever` promises. Call it once for each implementation. */
export function describeRetriever(name: string, setup: () => RetrieverSubject | Promise<RetrieverSubject>): void {
  describe(`${name} keeps the contract of a retriever`, () => {
    let subject: RetrieverSubject;
    let retriever: Retriever;

    beforeAll(async () => {
      subject = await setup();
      retriever = await subject.spec.open();
    });

    afterAll(async () => {
      await (retriever as Retriever | undefined)?.close();
      await (subject as RetrieverSubject | undefined)?.cleanup?.();
    });

    test("finds what fits best first, as it was given", async () => {
      const [best] = await retriever.search("the carnival of Basel", 3);
      expect(best).toMatchObject(TOWNS[2] ?? {});
    });

    test("gives k passages at most, the same ones for every k, by falling score", async () => {
      const all = await retriever.search("a lake with a fountain", TOWNS.length);
      expect(all.length).toBeGreaterThanOrEqual(2);
      expect(all.map(({ source }) => source).slice(0, 2)).toEqual(["geneva", "lugano"]);
      for (let k = 1; k <= all.length; k += 1)
        expect(await retriever.search("a lake with a fountain", k)).toEqual(all.slice(0, k));
      const scores = all.map(({ score }) => score);
      expect(scores).toEqual(scores.toSorted((a, b) => b - a));
      expect(scores.every(Number.isFinite)).toBe(true);
    });

    test("gives each passage once", async () => {
      const sources = (await retriever.search("lies on the river lake", TOWNS.length)).map(({ source }) => source);
      expect(new Set(sources).size).toBe(sources.length);
    });

    test("takes searches side by side, each for itself", async () => {
      const queries = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? "carnival" : "fountain"));
      const found = await Promise.all(queries.map((query) => retriever.search(query, 1)));
      expect(found.map(([best]) => best?.source)).toEqual(
        queries.map((query) => (query === "carnival" ? "basel" : "geneva")),
      );
    });

    test("rejects with the reason of a signal that has aborted", async () => {
      const reason = new Error("nobody wants to know");
      await expect(retriever.search("carnival", 1, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    });

    test("may be opened again, each time by itself, and closed twice", async () => {
      const other = await subject.spec.open();
      await other.close();
      await other.close();
      await expect(other.search("carnival", 1)).rejects.toThrow(UsageError);
      expect(await retriever.search("carnival", 1)).toHaveLength(1);
    });

    test("is a frozen value that says what it is", () => {
      expect(subject.spec.kind).toBe("retriever");
      expect(subject.spec.name).not.toBe("");
      expect(Object.isFrozen(subject.spec)).toBe(true);
    });
  });
}
