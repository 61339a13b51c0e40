import { expect, test } from "vitest";
import { codeIn } from "../../../src/adapters/values/read-code.ts";
import { readValue } from "../../../src/adapters/values/read-value.ts";
import { processorMs } from "../../processor-time.ts";

test("code that no fence ends is all of the text", () => {
  expect(codeIn("```js\nf()")).toBe("```js\nf()");
  expect(codeIn("f() // ```")).toBe("f() // ```");
});

test("code that looks like JSON or like a text in quotes is code all the same", () => {
  for (const code of ['"hello"', '{"a": 1}', "[1, 2]", "null", "```", "{code: 1}"])
    expect(readValue({ kind: "code", language: "js" }, code)).toMatchObject({ ok: true, value: code });
});

test("the object that structured outputs ask for is read, and what it took to mend it is told", () => {
  expect(readValue({ kind: "code" }, `{'code': 'x = 1'}`)).toEqual({
    ok: true,
    value: "x = 1",
    mended: ["quotes"],
  });
});

test("takes time linear in the text", async () => {
  const took = await processorMs(() => {
    for (const piece of ["```", "```\n", "``` ", "``", "```a\n``"]) codeIn(piece.repeat(300_000));
  });
  expect(took).toBeLessThan(2_000);
});
