/** Signs of a bar, where there is room. */
const BAR = 24;
const SHORTEST_BAR = 8;
/** Columns of a terminal from which on figures make room for a bar. */
const WIDE = 50;

/** Figures of a line: those that are worth less go first where there is no room. An empty one is left out. */
export interface Figure {
  readonly text: string;
  readonly worth: number;
}

/** How much of it is done; undefined total: nobody knows of how much. */
interface Share {
  readonly done: number;
  readonly total: number | undefined;
}

/** A line with all there is to say. */
export function figureLine(figures: readonly Figure[]): string {
  return said(figures)
    .map(({ text }) => text)
    .join(" · ");
}

/** A bar and what fits beside it in so many columns. */
export function barLine(figures: readonly Figure[], { done, total }: Share, columns: number): string {
  // The last column stays free: some terminals begin a new line after it.
  const room = Math.max(0, columns - 1);
  const bar = total !== undefined && columns >= WIDE ? SHORTEST_BAR + 1 : 0;
  let kept = said(figures);
  while (kept.length > 1 && figureLine(kept).length > room - bar) {
    const least = Math.min(...kept.map(({ worth }) => worth));
    kept = kept.filter(({ worth }) => worth !== least);
  }
  const text = figureLine(kept);
  const length = Math.min(BAR, room - text.length - 1);
  if (total === undefined || length < SHORTEST_BAR) return text.slice(0, room);
  const full = total === 0 ? length : Math.floor((length * Math.min(done, total)) / total);
  return `${"█".repeat(full)}${"░".repeat(length - full)} ${text}`;
}

function said(figures: readonly Figure[]): readonly Figure[] {
  return figures.filter(({ text }) => text !== "");
}
