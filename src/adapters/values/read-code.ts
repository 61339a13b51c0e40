import { strip } from "./python-text.ts";

const FENCE = "```";
const TILDES = "~~~";

/** What fences call a language that a field calls otherwise. */
const ALIASES: readonly (readonly string[])[] = [
  ["python", "py", "python3", "pycon"],
  ["javascript", "js", "mjs", "cjs", "jsx", "node"],
  ["typescript", "ts", "mts", "tsx"],
  ["bash", "sh", "shell", "zsh", "console"],
  ["csharp", "c#", "cs"],
  ["cpp", "c++", "cc"],
  ["golang", "go"],
  ["rust", "rs"],
  ["ruby", "rb"],
  ["kotlin", "kt"],
  ["yaml", "yml"],
  ["markdown", "md"],
  ["sql", "postgresql", "mysql", "sqlite", "plpgsql"],
];

/**
 * The code in a text: what the first fence of its language holds, else the first one; a fence ends on a line of its
 * own, so a longer one, or one of other signs, may hold shorter ones. Where none does, DSPy's rule: what stands between the
 * first two fences, the first one's line aside; a fence on one line; else all of the text, as it is. Takes time linear in the
 * text.
 * @param language of the field; default Python, as in DSPy
 */
export function codeIn(text: string, language = "python"): string {
  const first = text.indexOf(FENCE);
  if (first < 0 && !text.includes(TILDES)) return text;
  const blocks = fencedBlocks(text);
  const wanted = namesOf(language.toLowerCase());
  const block = blocks.find((each) => wanted.includes(each.language)) ?? blocks[0];
  if (block !== undefined) return strip(block.code);
  return first < 0 ? text : betweenFences(text, first);
}

function betweenFences(text: string, open: number): string {
  const inside = open + FENCE.length;
  const lineEnd = text.indexOf("\n", inside);
  // Where the first fence has no line end behind it, or no other fence behind that, no later one has.
  const close = lineEnd < 0 ? -1 : text.indexOf(FENCE, lineEnd + 1);
  if (close >= 0) return strip(text.slice(lineEnd + 1, close));
  const sameLine = text.indexOf(FENCE, inside);
  return sameLine < 0 ? text : strip(text.slice(inside, sameLine));
}

interface Block {
  readonly language: string;
  readonly code: string;
}

const FENCE_LINE = /^[ \t]*(`{3,}|~{3,})[ \t]*([^`\n]*)$/;
/** A fence behind words, with no more than a language after it. */
const LATE_FENCE = /[^`~](`{3,}|~{3,})([\w+#.-]{0,40})[ \t]*$/;

/** The blocks whose fences end a line, and begin it too where they close one. */
function fencedBlocks(text: string): readonly Block[] {
  const blocks: Block[] = [];
  let open: { readonly fence: string; readonly language: string; readonly lines: string[] } | undefined;
  for (const line of text.split(/\r?\n/)) {
    const mayFence = line.includes(FENCE) || line.includes(TILDES);
    if (!mayFence) {
      open?.lines.push(line);
      continue;
    }
    const found = FENCE_LINE.exec(line) ?? (open === undefined ? LATE_FENCE.exec(line) : null);
    const [, fence = "", info = ""] = found ?? [];
    if (open === undefined) {
      if (fence !== "") open = { fence, language: (/[\w+#-]+/.exec(info)?.[0] ?? "").toLowerCase(), lines: [] };
    } else if (fence.startsWith(open.fence) && info.trim() === "") {
      blocks.push({ language: open.language, code: open.lines.join("\n") });
      open = undefined;
    } else open.lines.push(line);
  }
  return blocks;
}

function namesOf(language: string): readonly string[] {
  return ALIASES.find((names) => names.includes(language)) ?? [language];
}
