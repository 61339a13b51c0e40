// Reasoning that a model writes into its answer, where the server leaves it there. It is cut before anybody reads the answer:
// models draft in it what they then answer otherwise.
import type { PartialReader } from "./partial-reader.ts";

/** How the layout of an answer shows. */
export interface AnswerMarks {
  /** Finds where the value of an output begins, its name in the first group; global. Left out: the layout has no marks. */
  readonly opening?: RegExp;
  /** Names whose tags are the answer's own. */
  readonly tags?: readonly string[];
}

/** A pattern of these names, the one that was found as its group. */
export function oneOf(fields: readonly { readonly name: string }[]): string {
  // Of no names, nothing is one.
  return fields.length === 0 ? "((?!))" : `(${fields.map(({ name }) => name).join("|")})`;
}

interface Block {
  /** In small letters; it may come in others. */
  readonly open: string;
  readonly close: string;
}

const BLOCKS: readonly Block[] = [
  ...["think", "thinking", "thought", "reasoning", "seed:think"].map((name) => ({
    open: `<${name}>`,
    close: `</${name}>`,
  })),
  { open: "[think]", close: "[/think]" },
  { open: "◁think▷", close: "◁/think▷" },
  { open: "<|begin_of_thought|>", close: "<|end_of_thought|>" },
  { open: "<|start_thinking|>", close: "<|end_thinking|>" },
];

function begins(text: string, open: string, at: number): boolean {
  return text.slice(at, at + open.length).toLowerCase() === open;
}

/** Where the end of a block begins, in the letters in which it is mostly written, or in others; -1 for nowhere. */
function endOf(text: string, close: string, from: number): number {
  const at = text.indexOf(close, from);
  if (at >= 0) return at;
  const other = new RegExp(close.replaceAll(/[[\]|]/g, String.raw`\$&`), "i").exec(text.slice(from));
  return other === null ? -1 : from + other.index;
}

/** Some chat templates open the block in the prompt, so that only its end comes. */
const END = "</think";
const ENDS = /<\/think(?:ing)?>/g;
/** A block that begins behind words, on a line of its own. */
const LATE = /(?:^|\n)[ \t]*<(think(?:ing)?)>/;

/** How reasoning is cut from the answers in one layout. */
export interface ReasoningCutter {
  /** The text without its reasoning; undefined where it ends within it. */
  cut(text: string): string | undefined;
  /** The reader of answers as they come, behind the same cut. */
  partial(make: () => PartialReader): PartialReader;
}

/**
 * Cuts the blocks of reasoning that an answer begins with, or that begin on a line of their own before any mark. Of a block whose
 * beginning did not come, the end is known by what stands behind it: an answer with every mark that stood before it, so that a
 * value which only speaks of the tag keeps it; in a layout without marks, by standing alone on its line. While an answer comes, such
 * a block is cut as long as no mark has.
 */
export function reasoningCutter({ opening, tags = [] }: AnswerMarks): ReasoningCutter {
  const blocks = BLOCKS.filter(({ open }) => !tags.includes(open.slice(1, -1)));
  const endTags = tags.some((name) => name === "think" || name === "thinking") ? undefined : ENDS;

  /** Behind the blocks that begin at `start`, with blanks skipped; -1 within one. */
  const behindBlocks = (text: string): number => {
    let at = skipBlanks(text, 0);
    for (;;) {
      const block = blocks.find(({ open }) => begins(text, open, at));
      if (block === undefined) return at;
      const end = endOf(text, block.close, at);
      if (end < 0) return -1;
      at = skipBlanks(text, end + block.close.length);
    }
  };
  const behindEnd = (text: string): number => {
    if (endTags === undefined) return 0;
    return opening === undefined ? endOnItsLine(text) : endBeforeMarks(text, opening);
  };

  /** Of a text without any end: whether a block has begun before there was an answer. */
  const endsWithin = (text: string): boolean => {
    if (opening === undefined || endTags === undefined || text.indexOf("<think") < 0) return false;
    const late = LATE.exec(text);
    return late !== null && text.slice(0, late.index).search(opening) < 0 && text.slice(late.index).search(opening) > 0;
  };

  return {
    cut(text) {
      const start = mayBegin(text) ? behindBlocks(text) : 0;
      if (start < 0) return undefined;
      const rest = start > 0 && text.slice(0, start).trim() !== "" ? text.slice(start) : text;
      // One sign is looked for sooner than a word.
      if (rest.indexOf("<") < 0) return rest;
      if (rest.indexOf(END) < 0) return endsWithin(rest) ? undefined : rest;
      const end = behindEnd(rest);
      return end === 0 ? rest : rest.slice(end);
    },
    partial: (make) => partialBehind(make, { blocks, opening, endTags }),
  };
}

/** Whether blanks or the first signs of a block come first. Most answers begin with a mark of their layout. */
function mayBegin(text: string): boolean {
  const first = text.charCodeAt(0);
  if (first <= 0x20 || first > 0x7e) return true;
  if (first === 0x5b) return "Tt".includes(text.charAt(1));
  return first === 0x3c && "trsTRS|".includes(text.charAt(1));
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (at < text.length && (text[at] ?? "").trim() === "") at += 1;
  return at;
}

/** Behind the last end of a block, if it stands alone on its line and something comes behind it; else 0. */
function endOnItsLine(text: string): number {
  const ends = [...text.matchAll(/(?:^|\n)[ \t]*<\/think(?:ing)?>[ \t]*(?:\r?\n|$)/g)];
  const last = ends.at(-1);
  if (last === undefined) return 0;
  const behind = skipBlanks(text, last.index + last[0].length);
  return behind === text.length ? 0 : behind;
}

/** Behind the last end of a block that no mark stands before which does not stand behind it too; 0 where there is none. */
function endBeforeMarks(text: string, opening: RegExp): number {
  const first = new Map<string, number>();
  const last = new Map<string, number>();
  for (const { 1: name = "", index } of text.matchAll(opening)) {
    if (!first.has(name)) first.set(name, index);
    last.set(name, index);
  }
  const marks = [...last].map(([name, index]) => ({ first: first.get(name) ?? index, last: index }));
  const found = [...text.matchAll(ENDS)].findLast(
    ({ index }) =>
      marks.some((mark) => mark.last > index) && marks.every((mark) => mark.first > index || mark.last > index),
  );
  return found === undefined ? 0 : skipBlanks(text, found.index + found[0].length);
}

/** Of signs in which an end, or a beginning behind a line's start, may be cut in two. */
const LONGEST = 24;

interface Cutting {
  readonly blocks: readonly Block[];
  readonly opening: RegExp | undefined;
  readonly endTags: RegExp | undefined;
}

/** Takes what has come since, or all that is held back; tells what takes the next. */
type State = (text: string) => State;

function partialBehind(make: () => PartialReader, { blocks, opening, endTags }: Cutting): PartialReader {
  let reader = make();
  let parts: ReturnType<PartialReader["push"]> = [];
  /** Blanks before what may be the beginning of a block. */
  let blanks: string[] = [];
  /** What may be the beginning of a block, or of its end. */
  let held = "";
  /** What the reader has had, as long as it may turn out to be reasoning. */
  let given: string[] = [];
  let cut = false;
  /** Whether the answer itself is known to have begun. */
  let marked = false;

  const tell = (text: string): void => {
    if (text !== "") parts = [...parts, ...reader.push(text)];
  };
  const plain: State = (text) => {
    tell(text);
    return plain;
  };
  const start: State = (text) => {
    const at = held === "" ? skipBlanks(text, 0) : 0;
    if (at > 0) blanks.push(text.slice(0, at));
    const rest = held + text.slice(at);
    held = rest;
    const block = blocks.find(({ open }) => begins(rest, open, 0));
    if (block !== undefined) {
      held = "";
      blanks = [];
      return inside(block.close)(rest.slice(block.open.length));
    }
    if (rest === "" || blocks.some(({ open }) => open.startsWith(rest.toLowerCase()))) return start;
    const begun = cut ? rest : blanks.join("") + rest;
    held = "";
    blanks = [];
    return opening !== undefined && endTags !== undefined ? watching(begun) : plain(begun);
  };
  const inside = (close: string): State => {
    let tail = "";
    const state: State = (text) => {
      const all = tail + text;
      const end = endOf(all, close, 0);
      tail = all.slice(-close.length);
      if (end < 0) return state;
      cut = true;
      return start(all.slice(end + close.length));
    };
    return state;
  };
  /** As long as nothing has been told, an end may come of a block that began in the prompt. */
  const watching: State = (text) => {
    const all = held + text;
    held = all.slice(-LONGEST);
    const late = marked ? null : LATE.exec(all);
    if (late !== null && opening !== undefined) {
      const before = given.join("").length + text.length - all.length + late.index;
      const soFar = given.join("") + text;
      if (soFar.slice(0, before).search(opening) < 0) {
        reader = make();
        given = [];
        held = "";
        return inside(`</${late[1] ?? ""}>`)(soFar.slice(before + late[0].length));
      }
      marked = true;
    }
    const end = /<\/think(?:ing)?>/.exec(all);
    if (end !== null && opening !== undefined) {
      const soFar = given.join("") + text;
      const behind = soFar.length - all.length + end.index + end[0].length;
      const from = soFar.slice(0, behind).search(opening) < 0 ? behind : endBeforeMarks(soFar, opening);
      if (from === 0) return plain(text);
      reader = make();
      given = [];
      held = "";
      cut = true;
      return start(soFar.slice(from));
    }
    given.push(text);
    tell(text);
    return parts.length === 0 ? watching : plain;
  };

  let state: State = start;
  const taken = (): typeof parts => {
    const told = parts;
    parts = [];
    return told;
  };
  return {
    push(text) {
      state = state(text);
      return taken();
    },
    end() {
      // What never became a block is text.
      if (state === start && !(cut && held === "")) tell(cut ? held : blanks.join("") + held);
      parts = [...parts, ...reader.end()];
      return taken();
    },
  };
}
