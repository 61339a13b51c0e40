import type { FaultGroup } from "./faults.ts";
import type { Played } from "./play-fault.ts";
import { DEADLINES, RETRY } from "./play-fault.ts";

export interface PlayedFault {
  readonly once: Played;
  readonly always: Played;
}

/** The page of docs that shows the table; the test compares it with what happened. */
export function writePage(groups: readonly FaultGroup[], played: ReadonlyMap<string, PlayedFault>): string {
  const tables = groups.map(({ title, faults }) => {
    const rows = faults.map(({ name }) => {
      const row = played.get(name);
      if (row === undefined) throw new Error(`the fault "${name}" was not played`);
      return [name, ...cells(row.once), ...cells(row.always)];
    });
    return `## ${title}\n\n${table([HEAD, ...rows])}\n`;
  });
  return `${INTRO}\n${tables.join("\n")}\n${OUTRO}`;
}

const HEAD = [
  "the server's fault",
  "once: requests",
  "waits, ms",
  "outcome",
  "always: requests",
  "waits, ms",
  "outcome",
];

function cells({ requests, waits, outcome }: Played): string[] {
  return [
    String(requests),
    waits.join(", ") || "–",
    outcome.replace(/^[a-z_]+(?:_[a-z]+)*/, (word) => (word === "answered" ? word : `\`${word}\``)),
  ];
}

/** Columns padded to the same width, as the formatter leaves them. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length), 3));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |`;
  const [head = [], ...rest] = rows;
  return [line(head), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...rest.map(line)].join("\n");
}

const { maxAttempts, baseMs, deadlineMs } = RETRY;
const { timeoutMs, firstByteTimeoutMs, idleTimeoutMs } = DEADLINES;

const INTRO = `# What a call does about each failure

This page is checked by a test: each row was played against the loopback server of \`dspex/testing\`, bare and under a
system, on a virtual clock. "Once" means that the fault befalls the first request and the next one is answered; "always",
that it befalls every request.

The calls were made by \`predict\` with ${maxAttempts} attempts at most, a first backoff of ${baseMs} ms, a deadline of ${deadlineMs / 1000} s for the start of
the last request (\`backoff({ jitter: "none" })\`: the default but for the jitter, which makes each backoff a random part of what
stands here), and \`openai\`'s deadlines of ${timeoutMs / 1000} s in all, ${firstByteTimeoutMs / 1000} s to the first byte and ${idleTimeoutMs / 1000} s between bytes.
`;

const OUTRO = `## How to read it

- A request is made again at once, a single time in each call, when the connection was lost before anything of the answer
  came: most likely it was a kept-alive connection that the server had just closed.
- \`Retry-After\` (seconds, a date, or a moment in seconds or milliseconds since 1970) and \`retry-after-ms\` are waited for
  exactly. When that would pass the deadline (the policy's \`deadlineMs\`, or the call's \`timeoutMs\`), the call fails at
  once instead of waiting for nothing; where there is time enough, it waits for \`maxRetryAfterMs\` (60 s) at most.
- A refusal (429, 503, 529) holds back the call that got it. Other calls of the client are held back only where the limit is
  shared ([how refusals are met](clients.md#refusals)); while they wait in the client's line they make no attempts.
- A wait of 0 after an answer that cannot be read is no retry: the model is asked again in the same conversation, with the
  problem said. That draws on the same count of attempts, and is done twice, or as often as \`backoff({ maxRepairs })\`
  says: 0 for never, more for small models and flaky servers.
- An answer without a word in it leaves nothing to say to the model, so the same request is made again, as after any broken
  answer. (Where a model was to go on with an opened turn, nothing is an answer that cannot be read.)
- An answer that does not end is given up at a length that none should have (\`maxAnswerBytes\`, 64 MiB as a rule) and is not
  asked for again: \`malformed_response\`, \`retryable: false\`. An error whose body does not end is what its status says.
- The same rows hold over the Responses API (\`openai(model, { api: "responses" })\`), and for streams over both protocols.
- A 400 that turns down something that can be left out (a JSON schema, \`temperature\`, …) is a \`bad_request\` with
  \`details.unsupported\`: the request is made again at once, as one more attempt, and the model never sends that again
  ([what servers turn down](clients.md#what-a-server-turns-down)).
- A status stands for several failures, which are told apart by what is said ([what servers say](what-servers-say.md)); a time to
  come back that is told only there is waited for as well.
- A bug in what makes the requests (a \`TypeError\` in a \`fetch\` of yours, say) is no network's failure: \`request_crashed\`, which
  is not asked for again, with the error as its \`cause\`. A base URL that is none, and a header that cannot be sent, are
  \`bad_request\`, asked for once, over an AI SDK model too.
- What a program's own code throws is nobody's to retry: a \`DspexError\` of yours reaches the caller as it was thrown, under
  a system too, with its \`code\` and \`details\`; anything else is a crash there (\`RunError\`, \`run_crashed\`).
- What a run hands to its program (parts, \`context.client\`, a client's \`generate\`, a search) may be begun early and awaited
  late, or not at all: a failure in between ends no process. It is the run's where the program awaits it, and nobody's where
  it does not; what is still under way when the program is done is cancelled. A promise that the program makes of it
  (\`one(x).then(…)\`) is the program's own.
- Every failure of a call is an \`LmError\`: \`code\` is the outcome above, \`status\` and \`requestId\` are the answer's, \`details.attempts\`
  counts the requests made, and \`details.tries\` says of each that brought nothing to read what it ended in (\`code\`,
  \`status\`, \`requestId\`, \`client\` where that was a fallback), how long it took (\`ms\`), the wait after it (\`waitMs\`), and
  what it cost where it is known (\`usage\`, \`usd\`). A run that its \`timeoutMs\` or its caller's signal ends in the middle of
  a request has \`details.attempts\` and \`details.spent\` (requests that were over, their tokens and dollars).
`;
