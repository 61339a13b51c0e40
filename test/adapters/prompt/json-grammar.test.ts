import { describe, expect, test } from "vitest";
import { z } from "zod";
import { jsonGrammar } from "../../../src/adapters/prompt/json-grammar.ts";
import { typeJsonSchema } from "../../../src/signatures/types/json-schema.ts";
import { parseType } from "../../../src/signatures/types/type-grammar.ts";

function grammarOf(type: string): string {
  return jsonGrammar(typeJsonSchema(parseType(type)), '" "');
}

/** What follows `root ::= `. */
function rootOf(grammar: string): string | undefined {
  return /^root ::= (.*)$/m.exec(grammar)?.[1];
}

describe("the grammar of a type's JSON", () => {
  test.each([
    ["list[int]", '" " "[" ( integer ( ", " integer )* )? "]"'],
    ["tuple[int, bool]", '" " "[" integer ", " ( "true" | "false" ) "]"'],
    ["dict[str, float]", '" " "{" ( text ": " number ( ", " text ": " number )* )? "}"'],
    [
      "list[Literal['a', 'b c']]",
      String.raw`" " "[" ( ( "\"a\"" | "\"b c\"" ) ( ", " ( "\"a\"" | "\"b c\"" ) )* )? "]"`,
    ],
    ["Optional[list[str]]", '" " ( "[" ( text ( ", " text )* )? "]" | "null" )'],
    ["dict", '" " object'],
  ])("%s", (type, root) => {
    expect(rootOf(grammarOf(type))).toBe(root);
  });

  test("of an object has all its properties in order", () => {
    const schema = z.toJSONSchema(z.object({ item: z.string(), qty: z.int().optional() }));
    expect(rootOf(jsonGrammar(schema, '""'))).toBe(String.raw`"" "{" "\"item\": " text ", " "\"qty\": " integer "}"`);
  });

  test("of a recursive type refers to itself", () => {
    const Tree = z.object({
      name: z.string(),
      get children() {
        return z.array(Tree);
      },
    });
    expect(jsonGrammar(z.toJSONSchema(Tree), '" "').split("\n").slice(0, 2)).toEqual([
      String.raw`root ::= " " "{" "\"name\": " text ", " "\"children\": " "[" ( whole ( ", " whole )* )? "]" "}"`,
      String.raw`text ::= "\"" ( [^"\\\x00-\x1f] | "\\" ( ["\\/bfnrt] | "u" [0-9a-fA-F]{4} ) )* "\""`,
    ]);
    const inside = jsonGrammar(z.toJSONSchema(z.object({ tree: Tree.meta({ id: "Tree" }) })), '""');
    expect(rootOf(inside)).toBe(String.raw`"" "{" "\"tree\": " def-Tree "}"`);
    expect(inside).toContain("def-Tree ::= ");
  });

  test("defines each rule that it uses, once", () => {
    for (const type of ["list[Any]", "dict[str, list[int]]", "Union[int, dict[str, Any], None]", "list[list[bool]]"]) {
      const lines = grammarOf(type).split("\n");
      const defined = lines.map((line) => line.split(" ::= ")[0]);
      const used = new Set(
        lines.flatMap(
          (line) =>
            line
              .split(" ::= ")[1]!
              // Terminals aside, what is left are names of rules.
              .replaceAll(/"(?:[^"\\]|\\.)*"|\[(?:[^\]\\]|\\.)*\]|\{[\d,]*\}/g, " ")
              .match(/[a-z][a-z-]*/g) ?? [],
        ),
      );
      expect(new Set(defined).size).toBe(defined.length);
      expect(defined).toEqual(expect.arrayContaining([...used]));
    }
  });
});
