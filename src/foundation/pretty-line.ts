/** What is no news: of the process, and what the line's own words have told already. */
const NOT_SHOWN = new Set(["pid", "hostname", "system", "event", "run", "program", "client", "decision", "reason"]);

/** Of events that are the library's own, beside a program's decisions: all of it is in their words, or in the JSON. */
const IN_WORDS = new Set(
  (
    "actor kind provider model attempt waitedMs code ms tokens usd status lmCalls supervisor supervisorId child label " +
    "behaviour parent job teleprompter student"
  ).split(" "),
);

const LEVELS: Readonly<Record<number, readonly [name: string, colour: number] | undefined>> = Object.freeze({
  20: ["debug", 90],
  30: ["info", 32],
  40: ["warn", 33],
  50: ["error", 31],
});

/**
 * A JSON line of pino's as a person reads it: the time of day (UTC), how loud, what happened, and then the facts by name; the stack
 * of an error below it.
 *
 *     15:04:05.678 info  run-1: openai (gpt-5-mini) answered in 812 ms, 153 tokens, $0.0012  path=self
 */
export function prettyLine(line: string, colours: boolean): string {
  const { time, level, msg, error, ...facts } = JSON.parse(line) as PinoLine;
  const paint = (text: string, colour: number): string => (colours ? `\u001b[${colour}m${text}\u001b[39m` : text);
  const [name, colour] = LEVELS[level] ?? [String(level), 39];
  const isOwn = facts["event"] !== "run:decided";
  const told = Object.entries(facts).flatMap(([fact, value]) =>
    NOT_SHOWN.has(fact) || (isOwn && IN_WORDS.has(fact)) ? [] : [`${fact}=${inShort(value)}`],
  );
  const head = `${paint(new Date(time).toISOString().slice(11, 23), 90)} ${paint(name.padEnd(5), colour)} ${safe(msg)}`;
  const shown = told.length === 0 ? head : `${head}  ${paint(told.join(" "), 90)}`;
  const stack =
    error?.stack?.split("\n").map((each, index) => `${index === 0 ? "    " : "      "}${safe(each.trimStart())}\n`) ??
    [];
  return `${shown}\n${stack.join("")}`;
}

interface PinoLine {
  readonly time: number;
  readonly level: number;
  readonly msg: string;
  readonly error?: { readonly stack?: string };
  readonly [fact: string]: unknown;
}

function inShort(value: unknown): string {
  // Blanks inside would hide where a fact ends.
  return typeof value === "string" && /^[\w./:@-]+$/.test(value) ? value : safe(JSON.stringify(value));
}

/** What comes from elsewhere moves no cursor and begins no line. */
function safe(text: string): string {
  return text.replaceAll(
    /[\u0000-\u001f\u007f-\u009f]/g,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}
