import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isEventKind } from "../../src/foundation/telemetry.ts";
import * as dspex from "../../src/index.ts";
import { eventTable } from "./event-table.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const PAGE = join(ROOT, "docs", "telemetry.md");

// After a change that is meant: npm run api.
test("the page tells of every kind of event what its source says", async () => {
  const kinds = Object.values<unknown>(dspex).filter(isEventKind);
  const table = eventTable(
    ROOT,
    kinds.toSorted((a, b) => a.kind.localeCompare(b.kind)),
  );
  expect(table).not.toMatch(/\| +\? +\||``/);
  const page = readFileSync(PAGE, "utf8").replace(/\| event .*\n(?:\|.*\n)+/, `${table}\n`);
  await expect(page).toMatchFileSnapshot(PAGE);
});
