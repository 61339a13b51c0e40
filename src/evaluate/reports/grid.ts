import Table from "cli-table3";
import stringWidth from "string-width";
import { visible } from "./visible-text.ts";

export interface GridColumn {
  readonly name: string;
  readonly align: "left" | "right";
  /** May be cut to fit. Those that may also be left out go before those that may not. */
  readonly flexible: false | "cut" | "drop";
}

/** A table, and the names of the columns for which there was no room. */
export interface Grid {
  readonly text: string;
  readonly dropped: readonly string[];
}

/** Signs of a flexible column below which nothing can be read in it. */
const LEAST = 8;
/** Of a longer text no terminal shows more. */
const LONGEST = 1_000;
/** A sign's border and the blanks on both sides. */
const AROUND = 3;

/** Rows of texts as a table that is no wider than a terminal. Each cell is one line, in which every sign is seen. */
export function grid(columns: readonly GridColumn[], rows: readonly (readonly string[])[], width: number): Grid {
  const cells = rows.map((row) => row.map((text) => visible(text.slice(0, LONGEST))));
  const names = columns.map(({ name }) => visible(name));
  const natural = columns.map((_, at) =>
    Math.max(stringWidth(names[at] ?? ""), ...cells.map((row) => stringWidth(row[at] ?? "")), 1),
  );
  const kept = fitting(columns, natural, width - 1);
  const widths = shared(
    kept.map((at) => natural[at] ?? 1),
    kept.map((at) => columns[at]?.flexible !== false),
    width - 1 - AROUND * kept.length,
  );
  const table = new Table({
    head: kept.map((at) => names[at] ?? ""),
    colWidths: widths.map((each) => each + 2),
    colAligns: kept.map((at) => columns[at]?.align ?? "left"),
    // No colours: what is not in the text is not in its copy.
    style: { head: [], border: [], compact: true },
  });
  for (const row of cells) table.push(kept.map((at) => row[at] ?? ""));
  return { text: table.toString(), dropped: columns.flatMap(({ name }, at) => (kept.includes(at) ? [] : [name])) };
}

/** Places of the columns that there is room for: the widest of those that may be dropped goes first. */
function fitting(columns: readonly GridColumn[], natural: readonly number[], width: number): readonly number[] {
  let kept = columns.map((_, at) => at);
  const least = (at: number): number =>
    columns[at]?.flexible === false ? (natural[at] ?? 1) : Math.min(LEAST, natural[at] ?? 1);
  while (kept.reduce((sum, at) => sum + least(at) + AROUND, 0) > width) {
    const droppable = kept.filter((at) => columns[at]?.flexible === "drop");
    const others = droppable.length > 0 ? droppable : kept.filter((at) => columns[at]?.flexible === "cut");
    const [widest] = others.toSorted((a, b) => (natural[b] ?? 0) - (natural[a] ?? 0));
    if (widest === undefined) break;
    kept = kept.filter((at) => at !== widest);
  }
  return kept;
}

/** Each column what it needs, as far as there is room; what those leave that need less is for the others. */
function shared(natural: readonly number[], flexible: readonly boolean[], width: number): readonly number[] {
  const widths = [...natural];
  let open = natural.flatMap((_, at) => (flexible[at] === true ? [at] : []));
  let room = width - natural.reduce((sum, need, at) => sum + (flexible[at] === true ? 0 : need), 0);
  while (open.length > 0) {
    const share = Math.max(1, Math.floor(room / open.length));
    const content = open.filter((at) => (natural[at] ?? 0) <= share);
    if (content.length === 0) {
      for (const at of open) widths[at] = share;
      break;
    }
    for (const at of content) room -= natural[at] ?? 0;
    open = open.filter((at) => !content.includes(at));
  }
  return widths;
}
