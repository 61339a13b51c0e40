import type { Field } from "../../signatures/field/field.ts";
import type { PartialReader } from "./partial-reader.ts";
import { partCollector } from "./partial-reader.ts";
import { dueHeaders, isHalfHeader, isSpokenOf, placesOf } from "./read-headers.ts";
import { isPythonSpace } from "../values/python-text.ts";

const OPENING = "[[ ## ";
const CLOSING = " ## ]]";
const NAME_SIGN = /^[\p{L}\p{N}\p{M}_]$/u;

/** Reads answers in the chat layout as they come, by the rules of the reader of whole ones (`headerReader`). */
export function chatPartial(outputs: readonly Field[]): PartialReader {
  const parts = partCollector();
  const names = outputs.map(({ name }) => name);
  const count = names.length;
  const places = placesOf(names);
  const read = new Set<number>();
  /** Of the section that is open; -1, or past the last, where it is none of an output. */
  let place = -1;
  let sink = parts.open(undefined);
  /** Whether anything but white space stands on this line already: then only a header that is due can begin on it. */
  let lineHasText = false;
  /** The last two signs. */
  let before = "";
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
    place = places.get(name) ?? -1;
    read.add(place);
    sink = parts.open(outputs[place]);
  };
  const asText = (text: string): void => {
    run += text;
    lineHasText = true;
    before = (before + text).slice(-2);
  };
  const isOpen = (): boolean => place >= 0 && place < count;
  const take = (sign: string): void => {
    if (header !== "") {
      if (goesOn(sign)) return;
      // The last two brackets of three may begin one.
      if (header === "[[" && sign === "[") {
        asText("[");
        if (isOpen()) return;
        header = "[";
      }
      asText(header);
      header = name = "";
    }
    if (sign === "[" && (!lineHasText || (isOpen() && !isSpokenOf(before[0], before[1])))) header = "[";
    else if (sign === "\n") {
      asText(sign);
      lineHasText = false;
    } else {
      const hasText = lineHasText || !isPythonSpace(sign.charCodeAt(0));
      asText(sign);
      lineHasText = hasText;
    }
  };
  /** Whether this header counts behind text. */
  const isDue = (): boolean =>
    dueHeaders(place, count, (index) => read.has(index)).includes(places.get(name) ?? Number.NaN);
  /** Whether it is still a header with this sign; it is done with when it is whole. */
  const goesOn = (sign: string): boolean => {
    const after = header.length - OPENING.length - name.length;
    const expected = after < 0 ? OPENING[header.length] : CLOSING[after];
    if (after <= 0 && header.length >= OPENING.length && NAME_SIGN.test(sign)) name += sign;
    else if (sign !== expected || (after === 0 && name === "")) return false;
    header += sign;
    if (after === CLOSING.length - 1) {
      if (lineHasText && !isDue()) asText(header);
      else open();
      header = name = "";
      lineHasText = true;
      before = "]]";
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
      if (carry !== "" || !isHalfHeader(header, names)) run += header + carry;
      flush();
      sink.close();
      return parts.take();
    },
  };
}
