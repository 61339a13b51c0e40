/**
 * The one place that writes to a terminal while something goes on: a line on standard error that says how far it is. Its
 * text comes from elsewhere; no other file uses `process.stderr`.
 */
export interface StatusLine {
  /** Columns of the terminal now; undefined where there is none, and each text is a line that stays. */
  readonly columns: number | undefined;
  /** Puts the text in the place of the last one, or, without a terminal, below it. It is one line that moves no cursor. */
  show(text: string): void;
  /** What was shown last stays. */
  end(): void;
}

/** What a line is written to: standard error, or a stand-in. */
export interface StatusStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  write(text: string, written?: () => void): unknown;
  on(event: "error", listener: () => void): unknown;
  off(event: "error", listener: () => void): unknown;
}

/** Columns of a terminal that does not say. */
const COLUMNS = 80;

/** Standard error as a status line. On a terminal that cannot move its cursor (`TERM=dumb`) it is as without one. */
export async function statusLine(
  stream: StatusStream = process.stderr,
  term = process.env["TERM"],
): Promise<StatusLine> {
  // Whoever reads it may be gone (`2>&1 | head`): that is no reason to end what goes on.
  const ignore = (): void => {};
  stream.on("error", ignore);
  // An error is told after its write.
  const release = (): unknown => stream.write("", () => process.nextTick(() => stream.off("error", ignore)));
  // One that says it has no room (some of containers and CI do) shows nothing either.
  const hasRoom = stream.rows !== 0 && stream.columns !== 0;
  if (stream.isTTY !== true || term === "dumb" || !hasRoom)
    return Object.freeze({
      columns: undefined,
      show: (text: string) => void stream.write(`${text}\n`),
      end: () => void release(),
    });
  // Loaded where somebody looks: nobody else waits for it.
  const { createLogUpdate } = await import("log-update");
  // The cursor stays in sight, so that no crash leaves a terminal without one.
  const render = createLogUpdate(stream as NodeJS.WriteStream, { showCursor: true });
  return Object.freeze({
    get columns() {
      return stream.columns ?? COLUMNS;
    },
    show: (text: string) => render(text),
    end: () => {
      render.done();
      release();
    },
  });
}
