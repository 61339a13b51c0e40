import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { statusLine } from "../../src/foundation/status-line.ts";

function stream(facts: { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number }) {
  const events = new EventEmitter();
  const written: string[] = [];
  return Object.assign(events, facts, {
    written,
    write(text: string, done?: () => void): boolean {
      written.push(text);
      done?.();
      return true;
    },
  });
}

test("without a terminal each text is a line that stays", async () => {
  for (const [to, term] of [
    [stream({}), "xterm"],
    [stream({ isTTY: true, columns: 80 }), "dumb"],
    [stream({ isTTY: true, columns: 80, rows: 0 }), "xterm"],
  ] as const) {
    const line = await statusLine(to, term);
    expect(line.columns).toBeUndefined();
    line.show("one");
    line.show("two");
    line.end();
    expect(to.written.join("")).toBe("one\ntwo\n");
  }
});

test("on a terminal a text takes the place of the last one, and the last one stays", async () => {
  const to = stream({ isTTY: true, columns: 40 });
  const line = await statusLine(to, "xterm");
  expect(line.columns).toBe(40);
  line.show("one");
  line.show("two");
  line.end();
  const all = to.written.join("");
  expect(all).toContain("one");
  // Erased between the two, and nothing is erased after the second one; the cursor is never hidden.
  expect(all.slice(all.indexOf("one"), all.indexOf("two"))).toContain("\u001B[2K");
  expect(all.slice(all.indexOf("two"))).not.toContain("\u001B[2K");
  expect(all).not.toContain("\u001B[?25l");
});

test("a reader that is gone ends nothing, and no listener is left behind", async () => {
  const to = stream({});
  const line = await statusLine(to, "xterm");
  line.show("one");
  expect(() => to.emit("error", new Error("EPIPE"))).not.toThrow();
  line.end();
  await new Promise((resolve) => process.nextTick(resolve));
  expect(to.listenerCount("error")).toBe(0);
});
