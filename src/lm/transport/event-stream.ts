/** One event of a stream, as it was written. */
export interface ServerEvent {
  /** Empty where it has none. */
  readonly name: string;
  readonly data: string;
}

export interface EventParser {
  /** The events that are whole with this text. */
  push(text: string): readonly ServerEvent[];
  /** What is left once the text has ended: an event whose blank line never came. */
  end(): readonly ServerEvent[];
}

const COLON = 58;
const BRACE = 123;

/**
 * Server-sent events as the standard has them (comments, names, ids, lines that end in LF, CR LF or CR), and as servers
 * write them: events with no blank line between them, where each is JSON, and JSON lines without `data:`.
 */
export function eventParser(): EventParser {
  let rest = "";
  let name = "";
  let data: string | undefined;
  let afterCr = false;
  let events: ServerEvent[] = [];

  const dispatch = (): void => {
    if (data !== undefined) events.push({ name, data });
    name = "";
    data = undefined;
  };
  const addData = (value: string): void => {
    if (data !== undefined && isJson(data)) dispatch();
    data = data === undefined ? value : `${data}\n${value}`;
  };
  const take = (line: string): void => {
    if (line === "") return dispatch();
    const first = line.charCodeAt(0);
    if (first === COLON) return;
    if (first === BRACE) return addData(line);
    const colon = line.indexOf(":");
    if (colon < 0) return;
    const value = line.slice(line.charAt(colon + 1) === " " ? colon + 2 : colon + 1);
    const field = line.slice(0, colon);
    if (field === "data") addData(value);
    else if (field === "event") {
      if (data !== undefined && isJson(data)) dispatch();
      name = value;
    }
  };
  const taken = (): readonly ServerEvent[] => {
    const came = events;
    if (came.length > 0) events = [];
    return came;
  };

  return {
    push(text) {
      let from = afterCr && text.startsWith("\n") ? 1 : 0;
      if (text !== "") afterCr = false;
      const hasCr = text.includes("\r");
      for (;;) {
        const lf = text.indexOf("\n", from);
        const cr = hasCr ? text.indexOf("\r", from) : -1;
        const end = cr >= 0 && (lf < 0 || cr < lf) ? cr : lf;
        if (end < 0) break;
        take(rest === "" ? text.slice(from, end) : rest + text.slice(from, end));
        rest = "";
        from = end + 1;
        if (end !== cr) continue;
        if (from === text.length) afterCr = true;
        else if (lf === from) from += 1;
      }
      rest += text.slice(from);
      return taken();
    },
    end() {
      if (rest !== "") take(rest);
      rest = "";
      // One that breaks off is none.
      if (data !== undefined && (isDone(data) || isJson(data))) dispatch();
      return taken();
    },
  };
}

/** OpenAI's mark of the end. */
export function isDone(data: string): boolean {
  return data === "[DONE]" || data.trim() === "[DONE]";
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
