import { expect, test } from "vitest";
import { image } from "../../../src/media/media.ts";
import { audioValue } from "../../../src/signatures/values/media.ts";
import { signature } from "../../../src/signatures/signature.ts";
import { demoText, examplesText } from "../../../src/teleprompters/proposer/value-text.ts";

const PNG = new Uint8Array(200).fill(7);

function example(inputs: object, labels: object) {
  return { id: "x", inputs: { ...inputs }, labels: { ...labels }, tags: { level: "hard" } };
}

// What Python prints of plain values is held against DSPy in test/dspy.
test.each<[string, string, string]>([
  ["no inputs", examplesText([example({}, { a: 1 })]), "[Example({'a': 1}) (input_keys=set())]"],
  [
    "names sorted, tags left out",
    examplesText([example({ b: "x", a: null }, { c: true })]),
    "[Example({'b': 'x', 'a': None, 'c': True}) (input_keys={'a', 'b'})]",
  ],
  [
    "a moment, and a label that is not there",
    examplesText([example({ at: new Date(0) }, { c: undefined })]),
    "[Example({'at': '1970-01-01T00:00:00.000Z'}) (input_keys={'at'})]",
  ],
  [
    "a map",
    examplesText([example({ m: new Map([["k", [1.5]]]) }, {})]),
    "[Example({'m': {'k': [1.5]}}) (input_keys={'m'})]",
  ],
  [
    "bytes by their kind alone",
    examplesText([
      example(
        { photo: image(PNG, { mediaType: "image/png" }), sound: audioValue(PNG, { mediaType: "audio/wav" }) },
        {},
      ),
    ]),
    "[Example({'photo': {'type': 'image', 'url': 'data:image/png;…'}, 'sound': {'type': 'audio', 'data': '…', 'format': 'wav'}}) (input_keys={'photo', 'sound'})]",
  ],
])("examples as a text: %s", (_what, text, wanted) => {
  expect(text).toBe(wanted);
});

test("a demo as lines", () => {
  const asked = signature("user_query, k: int -> topHits: list[str], note");
  expect(demoText(asked, { user_query: "a\nb", k: 3, topHits: ["x"], augmented: true })).toBe(
    "User Query: a\nb\nK: 3\nTop Hits: ['x']\nNote: None",
  );
});
