import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { LmUsage } from "../../../../src/lm/language-model.ts";
import { collect, request, serve } from "../../served-model.ts";
import { HOSTED } from "./hosted.ts";
import { OWN_MACHINE } from "./own-machine.ts";
import { PASSED_ON } from "./passed-on.ts";
import { RESPONSES } from "./responses-shapes.ts";
import type { ServedShape } from "./served-shape.ts";

const SHAPES = [...HOSTED, ...PASSED_ON, ...OWN_MACHINE, ...RESPONSES];
const named = (shape: ServedShape) => [`${shape.server}, ${shape.api}`, shape] as const;

const withTotal = (usage: Omit<LmUsage, "totalTokens">): LmUsage => ({
  ...usage,
  totalTokens: usage.inputTokens + usage.outputTokens,
});

function written(events: readonly (object | string)[], done: boolean): string {
  const lines = events.map((event) => (typeof event === "string" ? event : `data: ${JSON.stringify(event)}\n\n`));
  return `${lines.join("")}${done ? "data: [DONE]\n\n" : ""}`;
}

test.each(SHAPES.filter(({ whole }) => whole).map(named))("a whole answer of %s", async (_name, { api, whole }) => {
  const { lm } = await serve({ replies: [{ status: 200, body: whole?.body ?? {} }] }, { api });
  const { completions, usage } = await lm.generate(request);
  expect(completions).toEqual([whole?.completion]);
  expect(usage).toEqual(withTotal(whole?.usage ?? { inputTokens: -1, outputTokens: -1 }));
});

test.each(SHAPES.filter(({ streamed }) => streamed).map(named))("a stream of %s", async (_name, { api, streamed }) => {
  const body = written(streamed?.events ?? [], streamed?.done ?? true);
  const { lm } = await serve(
    { replies: [{ status: 200, body, headers: { "content-type": "text/event-stream" } }] },
    { api },
  );
  const chunks = await collect(lm.stream(request));
  const last = chunks.at(-1);
  expect(chunks.map((chunk) => (chunk.type === "text" ? chunk.text : "")).join("")).toBe(streamed?.completion.text);
  expect(last?.type === "done" && last.response.completions).toEqual([streamed?.completion]);
  expect(last?.type === "done" && last.response.usage).toEqual(
    withTotal(streamed?.usage ?? { inputTokens: -1, outputTokens: -1 }),
  );
});

test("docs/servers.md has a row for each of them, and for nothing else", () => {
  const page = readFileSync(new URL("../../../../docs/servers.md", import.meta.url), "utf8");
  const [table = ""] = page.slice(page.indexOf("| server")).split("\n\n");
  const [, , ...lines] = table.split("\n");
  const rows = lines.map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  const ways = ({ whole, streamed }: ServedShape): string =>
    [whole && "whole", streamed && "streamed"].filter(Boolean).join(", ");
  const expected = SHAPES.map((shape) => [shape.server, shape.api, ways(shape), shape.version, `\`${shape.source}\``]);
  expect(rows).toEqual(expected);
  expect(new Set(SHAPES.map(({ server }) => server)).size).toBeGreaterThanOrEqual(12);
});
