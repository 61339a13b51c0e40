import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..", "..");

/** What the package holds of pages: README and all that it may lead to. */
const PAGES = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", ...globSync("docs/**/*.md", { cwd: ROOT })].map((path) =>
  path.replaceAll("\\", "/"),
);

/** A page without its code, in which brackets are no links. */
const textOf = (path: string): string =>
  readFileSync(join(ROOT, path), "utf8")
    .replaceAll(/^```[\s\S]*?^```$/gm, "")
    .replaceAll(/`[^`\n]*`/g, (code) => (code.includes("](") ? "" : code));

/** As GitHub and npm name a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(/\s/g, "-");

const anchorsOf = (path: string): readonly string[] =>
  [...textOf(path).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = ""]) => anchorOf(heading));

function broken(path: string, target: string): string | undefined {
  const [file = "", anchor] = target.split("#");
  const found = file === "" ? path : posix.join(dirname(path), file);
  if (!existsSync(join(ROOT, found))) return `${path}: ${target} is not there`;
  if (found !== "LICENSE" && !PAGES.includes(found)) return `${path}: ${target} is not in the package`;
  if (anchor !== undefined && !anchorsOf(found).includes(anchor)) return `${path}: ${target} has no such heading`;
  return undefined;
}

test("every link from page to page leads somewhere, in the package too", () => {
  const links = PAGES.flatMap((path) =>
    [...textOf(path).matchAll(/\]\(((?![a-z]+:)[^)\s]+)\)/g)].map(([, target = ""]) => [path, target] as const),
  );
  expect(links.length).toBeGreaterThan(100);
  expect(links.flatMap(([path, target]) => broken(path, target) ?? [])).toEqual([]);
});

test("every page of docs can be reached from the README", () => {
  const reached = new Set<string>();
  const visit = (path: string): void => {
    if (reached.has(path)) return;
    reached.add(path);
    for (const [, target = ""] of textOf(path).matchAll(/\]\(((?![a-z]+:)[^)\s#]+\.md)[^)]*\)/g))
      visit(posix.join(dirname(path), target));
  };
  visit("README.md");
  expect(PAGES.filter((path) => !reached.has(path))).toEqual([]);
});
