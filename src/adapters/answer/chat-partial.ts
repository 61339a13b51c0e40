import type { Field } from "../../signatures/field/field.ts";
import type { PartialReader } from "./partial-reader.ts";
import { partCollector } from "./partial-reader.ts";
import { isPythonSpace } from "../values/python-text.ts";

const OPENING = "[[ ## ";
const CLOSING = " ## ]]";
const NAME_SIGN = /^[\p{L}\p{N}\p{M}_]$/u;

/** Reads answers in the chat layout as they come, by the rules of the reader of whole ones (`headerReader`). */
export function chatPartial(outputs: readonly Field[]): PartialReader {
  const parts = partCollector();
  const byName = new Map(outputs.map((field) => [field.name, field]));
  let sink = parts.open(undefined);
  /** Whether anything but white space stands on this line already: then no header can begin on it. */
  let lineHasText = false;
  /** What is a header so far, and the name in it. */
  let header = "";
  let name = "";
  /** Signs that mean something only with the next one: half of a surrogate pair, a `\r`. */
  let carry = "";
  /** Plain text of this push, written in one go. */
  let run = "";

  const flush = (): void => {
    if (run !== "") sink.write(run);
    run = "";
  };
  const open = (): void => {
    flush();
    sink.close();
    sink = parts.open(byName.get(name));
  };
  const take = (sign: string): void => {
    if (header !== "") {
      if (goesOn(sign)) return;
      run += header;
      header = name = "";
      lineHasText = true;
    }
    if (sign === "[" && !lineHasText) header = "[";
    else {
      if (sign === "\n") lineHasText = false;
      else if (!lineHasText && !isPythonSpace(sign.charCodeAt(0))) lineHasText = true;
      run += sign;
    }
  };
  /** Whether it is still a header with this sign; it is done with when it is whole. */
  const goesOn = (sign: string): boolean => {
    const after = header.length - OPENING.length - name.length;
    const expected = after < 0 ? OPENING[header.length] : CLOSING[after];
    if (after <= 0 && header.length >= OPENING.length && NAME_SIGN.test(sign)) name += sign;
    else if (sign !== expected || (after === 0 && name === "")) return false;
    header += sign;
    if (after === CLOSING.length - 1) {
      open();
      header = name = "";
      lineHasText = true;
    }
    return true;
  };

  return {
    push(text) {
      const input = carry + text;
      carry = /[\r\ud800-\udbff]$/.exec(input)?.[0] ?? "";
      const ready = carry === "" ? input : input.slice(0, -1);
      for (const sign of ready.includes("\r") ? ready.replaceAll(/\r\n?/g, "\n") : ready) take(sign);
      flush();
      return parts.take();
    },
    end() {
      // Half a header at the end is text.
      run += header + carry;
      flush();
      sink.close();
      return parts.take();
    },
  };
}
