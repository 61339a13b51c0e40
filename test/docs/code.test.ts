import { glob, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import * as dspex from "../../src/index.ts";
import * as testing from "../../src/testing.ts";
import { compile } from "../types/compile.ts";
import { writeDeclarations } from "../types/declarations.ts";

const ROOT = join(import.meta.dirname, "..", "..");

/** What code that shows no more than what it is about takes for granted, by page. */
const GRANTED: Readonly<Record<string, string>> = {
  "README.md": "declare const question: string; declare const context: string;",
  "docs/cache.md": 'declare const children: readonly import("dspex").ClientSpec[];',
};

/** Taken from its own example, which other tests check and run. */
const CHECKED_ELSEWHERE: ReadonlySet<string> = new Set(["docs/coming-from-dspy.md"]);

function codeIn(page: string): readonly string[] {
  return [...page.matchAll(/^```ts\n([\s\S]*?)\n```$/gm)].map(([, code = ""]) => code);
}

/** A page's blocks as one module: what a block declares, those after it may use, and what they import once is imported. */
function moduleOf(path: string, page: string): string {
  const imports = new Map<string, string>();
  const body = codeIn(page).map((code) =>
    code.replaceAll(/^import \{([^}]*)\} from "([^"]+)";$/gm, (_, names: string, from: string) => {
      for (const name of names.split(",")) if (name.trim() !== "") imports.set(name.trim(), from);
      return "";
    }),
  );
  const code = [GRANTED[path] ?? "", ...body].join("\n");
  // A block in the middle of a page does not say again where its words are from.
  for (const [from, names] of [
    ["dspex", dspex],
    ["dspex/testing", testing],
  ] as const)
    for (const name of Object.keys(names))
      if (!imports.has(name) && new RegExp(`\\b${name}\\(`).test(code)) imports.set(name, from);
  const head = [...imports].map(([name, from]) => `import { ${name} } from "${from}";`);
  return `${head.join("\n")}\n${code}\nexport {};\n`;
}

test("the code of every page is right, as the compiler sees it", async () => {
  const paths: string[] = ["README.md", "CONTRIBUTING.md"];
  for await (const path of glob("docs/**/*.md", { cwd: ROOT })) paths.push(path.replaceAll("\\", "/"));
  const sources: [path: string, source: string][] = [];
  for (const path of paths.toSorted()) {
    const page = await readFile(join(ROOT, path), "utf8");
    if (codeIn(page).length > 0 && !CHECKED_ELSEWHERE.has(path)) sources.push([path, moduleOf(path, page)]);
  }
  expect(sources.map(([path]) => path)).toEqual(expect.arrayContaining(["README.md", "docs/retrieval.md"]));
  const broken = `${sources[0]?.[1]}const broken: number = "text";\n`;
  // Against what a user's compiler sees: our own code in it is not checked once more.
  const declarations = await writeDeclarations();
  onTestFinished(() => rm(declarations, { recursive: true }));
  const complaints = await compile([...sources.map(([, source]) => source), broken], {
    dspex: join(declarations, "index.d.ts"),
    "dspex/testing": join(declarations, "testing.d.ts"),
    "dspex/llama": join(declarations, "llama.d.ts"),
  });
  // The last one shows that mistakes are found.
  expect(complaints.map(({ source, message }) => `${sources[source]?.[0] ?? "broken"}: ${message}`)).toEqual([
    "broken: Type 'string' is not assignable to type 'number'.",
  ]);
}, 120_000);
