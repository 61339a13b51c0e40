import type { Field } from "../../signatures/field/field.ts";
import type { FieldSink, PartialReader } from "./partial-reader.ts";
import { partCollector } from "./partial-reader.ts";
import { plainText } from "./xml-read.ts";
import { isNested } from "../prompt/xml-text.ts";

const CDATA = "<![CDATA[";

/**
 * Reads an answer in the XML layout as it comes, by the rules of the reader of whole ones (`findTags`). Lists and objects
 * are left to the end: a list may go on in further tags.
 */
export function xmlPartial(outputs: readonly Field[]): PartialReader {
  const parts = partCollector();
  const byName = new Map(outputs.map((field) => [field.name, field]));
  const names = outputs.map(({ name }) => name);
  let open: { readonly name: string; readonly text: EntityReader; depth: number } | undefined;
  /** What may become a tag or a CDATA section. */
  let markup = "";
  /** The tag's name, once it is whole. */
  let name: string | undefined;
  /** In a CDATA section: how many brackets stand at its end. Undefined outside. */
  let brackets: number | undefined;
  /** No CDATA section is closed any more, so what looks like one is text. */
  let noCdata = false;
  let carry = "";
  let run = "";

  const flush = (): void => {
    if (run !== "") open?.text.write(run);
    run = "";
  };
  const ownField = (name: string): Field | undefined => {
    const field = byName.get(name);
    return field === undefined || isNested(field.type) ? undefined : field;
  };
  const begin = (name: string): void => {
    flush();
    open = { name, text: entityReader(parts.open(ownField(name))), depth: 1 };
  };
  const close = (): void => {
    flush();
    open?.text.close();
    open = undefined;
  };

  /** What turned out to be no tag, or none that counts. */
  const asText = (text: string): void => {
    if (open !== undefined) run += text;
  };
  const asTag = (whole: string): void => {
    const tag = name === undefined ? undefined : readTag(whole, name);
    if (name === undefined || tag === undefined) return asText(whole);
    if (open === undefined) {
      if (tag.closing) return;
      begin(name);
      if (tag.empty) close();
    } else {
      if (!tag.empty) open.depth += tag.closing ? -1 : 1;
      if (open.depth === 0) close();
      else asText(whole);
    }
  };
  const startMarkup = (): void => {
    markup = "<";
    name = undefined;
  };
  const mayBeTag = (start: string): boolean => {
    if (name !== undefined) return true;
    const [, begun = "", behind = ""] = /^<\/?([^\s/]*)([\s/]?)$/u.exec(start) ?? [];
    // Of tags, only those of the outputs count, and inside of one only its own.
    const wanted = open === undefined ? names : [open.name];
    if (behind === "") return wanted.some((each) => each.startsWith(begun));
    if (wanted.includes(begun)) name = begun;
    return name !== undefined;
  };

  const take = (sign: string): void => {
    if (brackets !== undefined) {
      markup += sign;
      if (sign === ">" && brackets >= 2) {
        flush();
        open?.text.writeLiterally(markup.slice(CDATA.length, -3));
        markup = "";
        brackets = undefined;
      } else brackets = sign === "]" ? brackets + 1 : 0;
    } else if (markup === "") {
      if (sign === "<") startMarkup();
      else asText(sign);
    } else if (sign === "<") {
      asText(markup);
      startMarkup();
    } else if (sign === ">") {
      const whole = markup + sign;
      mayBeTag(`${markup} `);
      asTag(whole);
      markup = "";
    } else if (mayBeTag(markup + sign)) markup += sign;
    else if (!noCdata && CDATA.startsWith(markup + sign)) {
      markup += sign;
      if (markup === CDATA) brackets = 0;
    } else {
      const text = markup + sign;
      markup = "";
      asText(text);
    }
  };

  const read = (text: string): void => {
    for (const sign of text) take(sign);
    flush();
  };
  return {
    push(text) {
      const input = carry + text;
      carry = /[\ud800-\udbff]$/.exec(input)?.[0] ?? "";
      read(carry === "" ? input : input.slice(0, -1));
      return parts.take();
    },
    end() {
      const rest = markup + carry;
      if (brackets !== undefined) {
        noCdata = true;
        brackets = undefined;
        markup = "";
        read(rest);
      }
      return parts.take();
    },
  };
}

/** The tag of this name that this is; undefined where it is none after all. */
function readTag(whole: string, name: string): { readonly closing: boolean; readonly empty: boolean } | undefined {
  const closing = whole.startsWith("</");
  const rest = whole.slice((closing ? 2 : 1) + name.length, -1);
  if (rest !== "" && rest !== "/" && !/^\s/.test(rest)) return undefined;
  return { closing, empty: rest.endsWith("/") };
}

/** Resolves entities on the way to a sink. */
interface EntityReader {
  write(text: string): void;
  /** Text in which `&` means nothing. */
  writeLiterally(text: string): void;
  close(): void;
}

const ENTITY_START = /^&(?:#(?:\d{0,7}|x[0-9a-fA-F]{0,6})|[a-z]{0,4})$/;

function entityReader(sink: FieldSink): EntityReader {
  let entity = "";
  const flush = (): void => {
    if (entity !== "") sink.write(entity);
    entity = "";
  };
  return {
    write(text) {
      let run = "";
      for (const sign of text) {
        if (entity !== "") {
          if (sign === ";") {
            run += plainText(`${entity};`);
            entity = "";
            continue;
          }
          if (ENTITY_START.test(entity + sign)) {
            entity += sign;
            continue;
          }
          run += entity;
          entity = "";
        }
        if (sign === "&") entity = sign;
        else run += sign;
      }
      if (run !== "") sink.write(run);
    },
    writeLiterally(text) {
      flush();
      sink.write(text);
    },
    close() {
      flush();
      sink.close();
    },
  };
}
