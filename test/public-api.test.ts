import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import packageJson from "../package.json" with { type: "json" };
import { type ApiExport, apiReport, publicApi } from "./public-api/api-report.ts";
import { writeDeclarations } from "./types/declarations.ts";

/** Public subpath → its entry, named without ending: what package.json promises. */
const ENTRIES = Object.entries(packageJson.exports).flatMap(([subpath, target]): [string, string][] =>
  typeof target === "string" ? [] : [[subpath.replace(/^\.\/?/, "") || "index", target["dspex-dev"]]],
);

describe("the public surface", () => {
  let declarations = "";

  beforeAll(async () => {
    declarations = await writeDeclarations();
  });

  afterAll(() => rmSync(declarations, { recursive: true, force: true }));

  function apiOf(source: string): ApiExport[] {
    const entry = source.replace(/^\.\/src\//, "").replace(/\.ts$/, ".d.ts");
    return publicApi(entry, (path) => {
      try {
        return readFileSync(join(declarations, path), "utf8");
      } catch {
        return undefined;
      }
    });
  }

  // After a change that is meant: npm run api.
  test.each(ENTRIES)("of %s is as it was", async (name, source) => {
    const subpath = name === "index" ? "dspex" : `dspex/${name}`;
    await expect(apiReport(subpath, apiOf(source))).toMatchFileSnapshot(`public-api/${name}.api.txt`);
  });

  test.each(ENTRIES)("of %s documents each value", (_name, source) => {
    const undocumented = apiOf(source).filter((item) => item.isValue && !item.documented);
    expect(undocumented.map((item) => item.name)).toEqual([]);
  });
});

describe("the report", () => {
  const files: Record<string, string> = {
    "index.d.ts": [
      'import { type Shape } from "./shape.ts";',
      'export { area as size } from "./shape.ts";',
      'export * from "./late.js";',
      "export type { Shape };",
    ].join("\n"),
    "shape.d.ts": [
      "/** A figure. */",
      "export interface Shape {\n  /** How many. */\n  readonly sides: number;\n}",
      "/** One. */",
      "export declare function area(of: Shape): number;",
      "export declare function area(of: Shape, scale: number): number;",
      "export declare const hidden: 1;",
    ].join("\n"),
    "late.d.ts": "declare const bare: 2;\nexport { bare };",
  };
  const api = publicApi("index.d.ts", (path) => files[path]);

  test("follows names to their declarations, and leaves out what is not exported", () => {
    expect(api.map((item) => item.name)).toEqual(["Shape", "bare", "size"]);
    expect(api.at(-1)?.declaration).toBe(
      "export declare function area(of: Shape): number;\nexport declare function area(of: Shape, scale: number): number;",
    );
    expect(apiReport("dspex", api)).toContain("## Shape\nexport interface Shape {\n  readonly sides: number;\n}\n");
  });

  test("tells what has a doc comment from what has none, and values from types", () => {
    const facts = api.map(({ name, isValue, documented }) => ({ name, isValue, documented }));
    expect(facts).toEqual([
      { name: "Shape", isValue: false, documented: true },
      { name: "bare", isValue: true, documented: false },
      { name: "size", isValue: true, documented: true },
    ]);
  });

  test("says which name leads nowhere", () => {
    const broken: Record<string, string> = { "a.d.ts": 'export { gone } from "./b.ts";', "b.d.ts": "export {};" };
    expect(() => publicApi("a.d.ts", (path) => broken[path])).toThrow(
      "a.d.ts: exports gone, whose declaration is not found",
    );
    expect(() => publicApi("none.d.ts", () => undefined)).toThrow("no declarations at none.d.ts");
  });
});
