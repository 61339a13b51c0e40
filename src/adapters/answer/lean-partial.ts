import type { Field } from "../../signatures/field/field.ts";
import type { PartialReader } from "./partial-reader.ts";
import { partCollector } from "./partial-reader.ts";
import { strip } from "../values/python-text.ts";

/**
 * Reads a lean answer as it comes: one output, up to the line's end. Nothing at all is no answer there, and gives no part.
 * @param skipEmpty whether empty lines before the first words are passed over
 */
export function leanPartial(field: Field, skipEmpty: boolean): PartialReader {
  const parts = partCollector();
  const sink = parts.open(field);
  let begun = false;
  let over = false;
  const finish = (): void => {
    if (begun && !over) sink.close();
    over = true;
  };
  return {
    push(text) {
      if (over) return parts.take();
      const from = skipEmpty && !begun ? text.trimStart() : text;
      const end = from.indexOf("\n");
      const line = end < 0 ? from : from.slice(0, end);
      begun ||= strip(line) !== "";
      sink.write(line);
      if (end >= 0) finish();
      return parts.take();
    },
    end() {
      finish();
      return parts.take();
    },
  };
}
