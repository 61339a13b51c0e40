import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { oldNode } from "../../src/foundation/node-version.ts";

test("an old Node is told in one line that names both versions", () => {
  expect(oldNode("20.20.2")).toBe("dspex needs Node 22.19 or newer, and this is Node 20.20.2");
  for (const old of ["22.18.0", "22.9.0", "18.20.8", "21.99.0"]) expect(oldNode(old)).toContain(`this is Node ${old}`);
});

test("a new one is none, nor is a place without Node", () => {
  for (const version of ["22.19.0", "22.100.1", "23.0.0", "24.21.0", "100.0.0", process.versions.node, undefined])
    expect(oldNode(version)).toBeUndefined();
});

test("it is the version that the package names", () => {
  const { engines } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    engines: { node: string };
  };
  expect(engines.node).toBe(">=22.19");
});
