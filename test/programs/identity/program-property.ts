// What files and digests of programs promise, over random programs and random edits.
import * as fc from "fast-check";
import { loadProgramFrom, programText } from "../../../src/programs/saved/dump-program.ts";
import { digestOf } from "../../../src/programs/identity/digest-of.ts";
import { edited, IDLE, renamed, TELLING } from "./edits.ts";
import { observe } from "./observe.ts";
import { TWINS } from "./random-program.ts";

/** Dumped, written as text, read, loaded into another program of its shape: the same digest, and the same to every model. */
export const savedProperty = fc.asyncProperty(TWINS, async ({ program, student, inputs }) => {
  const text = programText(program);
  const loaded = loadProgramFrom(JSON.parse(text) as unknown, student);
  same("the digest after loading", digestOf(loaded), digestOf(program));
  // The name is the student's, and stands at the top.
  same("the text of the loaded one", withoutName(programText(loaded)), withoutName(text));
  same("what is seen of it", await observe({ program: loaded, inputs }), await observe({ program, inputs }));
});

/** The digest changes by an edit exactly when something of the program can be seen to have changed. */
export const digestProperty = fc.asyncProperty(
  TWINS,
  fc.boolean(),
  fc.nat(),
  fc.nat(),
  async ({ program, inputs }, telling, which, dice) => {
    const edits = Object.entries(telling ? TELLING : IDLE);
    const [what, edit] = edits[which % edits.length]!;
    const other = renamed(edited(program, edit, dice, telling));
    const before = await observe({ program, inputs });
    const after = await observe({ program: other, inputs });
    if (telling && before === after) throw new Error(`${what}: nobody has seen it`);
    if (!telling && before !== after) throw new Error(`${what}: was seen:\n${before}\n${after}`);
    if ((digestOf(program) !== digestOf(other)) !== telling)
      throw new Error(`${what}: the digest ${telling ? "did not change" : "changed"}`);
  },
);

function same(what: string, got: string, wanted: string): void {
  if (got !== wanted) throw new Error(`${what} is another:\n${got}\n${wanted}`);
}

function withoutName(text: string): string {
  return text.replace(/^ {2}"program": .*$/m, "");
}
