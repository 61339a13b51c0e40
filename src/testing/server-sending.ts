import type { ServerResponse } from "node:http";
import type { Clock } from "../foundation/clock.ts";
import { sleep } from "../foundation/clock.ts";
import type { ServedAnswer } from "./openai-answer.ts";
import { errorReply } from "./openai-reply.ts";
import type { ChatRequestBody, HttpErrorReply, ServerFault } from "./openai-reply.ts";
import type { ServedProtocol } from "./served-protocol.ts";

/** How an answer goes out: all at once or in pieces, and as far as its fault lets it come. */
export interface Sending {
  readonly response: ServerResponse;
  readonly protocol: ServedProtocol;
  readonly request: ChatRequestBody;
  readonly answer: ServedAnswer;
  readonly fault: ServerFault | undefined;
  /** The wait before each piece of it. */
  readonly pieceMs: number;
  readonly clock: Clock;
  /** The client has hung up. */
  readonly gone: AbortSignal;
}

/** Faults that leave an answer without its end. */
const BREAKS_OFF: ReadonlySet<ServerFault | undefined> = new Set<ServerFault>([
  "reset_before_headers",
  "reset_in_body",
  "cut_in_body",
  "stall_before_headers",
  "stall_in_body",
]);

export function breaksOff(fault: ServerFault | undefined): boolean {
  return BREAKS_OFF.has(fault);
}

/** What befalls an answer before it has begun. Whether anything did. */
export function breakBefore(response: ServerResponse, fault: ServerFault | undefined): boolean {
  if (fault === "reset_before_headers") response.socket?.resetAndDestroy();
  return fault === "reset_before_headers" || fault === "stall_before_headers";
}

export async function sendAnswer(sending: Sending): Promise<void> {
  return sending.request.stream === true ? sendEvents(sending) : sendWhole(sending);
}

async function sendEvents({ response, protocol, request, answer, fault, ...pace }: Sending): Promise<void> {
  const events = protocol.writeEvents(answer, request);
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  const half = Math.ceil(events.length / 2);
  const broken = breaksOff(fault);
  for (const event of broken || fault === "cut_json" ? events.slice(0, half) : events) {
    await pause(pace);
    await write(response, event);
  }
  const next = events[half] ?? "";
  // In the middle of its data, which begins where its name has been said.
  const cut = fault === "cut_json" ? `${next.slice(0, next.indexOf("data: ") + 30)}\n\n` : "";
  return broken ? breakOff(response, fault) : void response.end(cut);
}

async function sendWhole({ response, protocol, request, answer, fault, ...pace }: Sending): Promise<void> {
  const whole = JSON.stringify(protocol.write(answer, request));
  const text = fault === "cut_json" ? whole.slice(0, whole.length / 2) : whole;
  const length = Buffer.byteLength(text);
  response.writeHead(200, { "content-type": "application/json", "content-length": length });
  if (fault === "slow_stream") {
    for (const piece of text.match(/[^]{1,40}/gu) ?? []) {
      await pause(pace);
      await write(response, piece);
    }
    return void response.end();
  }
  if (!breaksOff(fault)) return void response.end(text);
  await write(response, text.slice(0, text.length / 2));
  breakOff(response, fault);
}

/** The half that was written has reached the client's side by now. */
export function breakOff(response: ServerResponse, fault: ServerFault | undefined): void {
  if (fault === "reset_in_body") response.socket?.resetAndDestroy();
  else if (fault === "cut_in_body") response.socket?.destroy();
}

export function sendError(response: ServerResponse, { status, body, headers }: HttpErrorReply): void {
  const content = body ?? errorReply(status, `status ${status}`).body ?? "";
  const text = typeof content === "string" ? content : JSON.stringify(content);
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(text);
}

export function sendJson(response: ServerResponse, body: object): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
}

export function write(response: ServerResponse, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    response.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

async function pause({ clock, pieceMs, gone }: Pick<Sending, "clock" | "pieceMs" | "gone">): Promise<void> {
  if (pieceMs > 0) await sleep(clock, pieceMs, gone);
}
