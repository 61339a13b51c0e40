/** A piece of two texts: in both, in the first alone, in the second alone. */
export type DiffPart = readonly [is: "same" | "gone" | "new", text: string];

/** Cells of a table above which two texts are told apart as a whole. */
const LARGEST = 250_000;

/** What became of a text, word by word: the longest common subsequence of their words and of the signs between them. */
export function textDiff(before: string, after: string): readonly DiffPart[] {
  const [a, b] = [wordsOf(before), wordsOf(after)];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  return joined([
    ["same", a.slice(0, start)],
    ...middle(a.slice(start, a.length - end), b.slice(start, b.length - end)),
    ["same", a.slice(a.length - end)],
  ]);
}

type Words = readonly [is: DiffPart[0], words: readonly string[]];

function wordsOf(text: string): readonly string[] {
  return text.match(/\s+|[\p{L}\p{N}_]+|[^]/gu) ?? [];
}

function middle(a: readonly string[], b: readonly string[]): readonly Words[] {
  if (a.length === 0 || b.length === 0 || a.length * b.length > LARGEST)
    return [
      ["gone", a],
      ["new", b],
    ];
  const width = b.length + 1;
  /** Longest common subsequence of what follows, from each place in both. */
  const common = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number): number => common[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1)
      common[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const parts: Words[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      parts.push(["same", [a[i] ?? ""]]);
      [i, j] = [i + 1, j + 1];
    } else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) {
      parts.push(["gone", [a[i] ?? ""]]);
      i += 1;
    } else {
      parts.push(["new", [b[j] ?? ""]]);
      j += 1;
    }
  }
  return parts;
}

/** Between what stays, what is gone before what is new; a blank that stays alone between changes is part of them. */
function joined(parts: readonly Words[]): readonly DiffPart[] {
  const found: DiffPart[] = [];
  let [gone, fresh] = ["", ""];
  const flush = (): void => {
    if (gone !== "") found.push(["gone", gone]);
    if (fresh !== "") found.push(["new", fresh]);
    [gone, fresh] = ["", ""];
  };
  parts.forEach(([is, words], place) => {
    const text = words.join("");
    const between =
      is === "same" && /^ $/.test(text) && gone !== "" && fresh !== "" && parts[place + 1]?.[0] !== "same";
    if (is === "gone" || between) gone += text;
    if (is === "new" || between) fresh += text;
    if (is !== "same" || between || text === "") return;
    flush();
    const last = found.at(-1);
    if (last?.[0] === "same") found[found.length - 1] = ["same", last[1] + text];
    else found.push(["same", text]);
  });
  flush();
  return found;
}
