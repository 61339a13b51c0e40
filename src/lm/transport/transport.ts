import type { Socket } from "node:net";
import tls from "node:tls";
import { Client, ProxyAgent, buildConnector } from "undici";
import type { Dispatcher } from "undici";
import { captureScope } from "../../foundation/async-scope.ts";
import { UsageError } from "../../foundation/errors.ts";
import { beginExchange } from "./answer.ts";
import type { Answer, Exchange, ExchangeWatch } from "./answer.ts";
import type { ExchangeController, ExchangeHandler } from "./exchange-handler.ts";

export interface TransportOptions {
  /** Scheme, host and port; what comes after is left out of account. */
  readonly url: string;
  /** Open connections at once, and so requests in flight; further ones wait, first in first out. Default: no limit. */
  readonly maxConnections?: number;
  /** Certificates in PEM that are trusted beside Node's own. */
  readonly ca?: string | readonly string[];
  /** Default: none, straight to the host. */
  readonly proxy?: URL | undefined;
  /** Most bytes of an answer's body; one that has more fails as `AnswerTooLong`. Default: no limit. */
  readonly maxAnswerBytes?: number;
}

export interface TransportRequest {
  /** With its query; must begin with a slash. */
  readonly path: string;
  readonly method: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly body: string | Uint8Array | undefined;
  readonly watch?: ExchangeWatch;
}

/** HTTP/1.1 to one host over kept-alive connections. It knows no timeouts: the caller gives up by its own clock. */
export interface Transport {
  /** Resolves at the headers. An answer of whatever status is an answer; rejects for what befell the connection. */
  send(request: TransportRequest): Promise<Answer>;
  /** Connections that carry a request, are being made, or are kept for the next one. */
  readonly connections: number;
  /** Closes every connection, in use or not; what was in flight rejects. Nothing keeps the process alive after that. */
  close(): Promise<void>;
}

/** A connection and its one request, if it has one. */
interface Line {
  readonly client: Client;
  /** What is being connected, or is connected. */
  socket: Socket | undefined;
  connected: boolean;
  /** Being connected for the first time. */
  opening: boolean;
  busy: boolean;
}

/**
 * Connections that are being made at once: a server's line of those that it has not accepted is about so long as a rule,
 * and what is beyond it is dropped and tried again by the system after 1, 3, 7 … seconds.
 */
const MOST_OPENING = 500;

/**
 * A transport over undici's dispatchers. Each connection carries one request at a time, the connection that was used
 * last goes first (so that a quiet caller needs one, not many), and finding one takes no search however many there are.
 *
 * @throws UsageError where the runtime puts an undici of its own in the package's place
 */
export function createTransport(options: TransportOptions): Transport {
  checkUndici(Client);
  const { origin } = new URL(options.url);
  return options.proxy === undefined
    ? directTransport(origin, options)
    : proxyTransport(origin, options, options.proxy);
}

/** Bun has a stand-in under that name, whatever is installed: its clients cannot send. */
export function checkUndici(found: { readonly prototype: { readonly dispatch?: unknown } }): void {
  if (typeof found.prototype.dispatch === "function") return;
  throw new UsageError(
    "this runtime has an undici of its own, over which dspex cannot ask servers: give a fetch, as in " +
      "openai(model, { fetch: globalThis.fetch })",
  );
}

function tlsOptions({ ca }: TransportOptions): { readonly ca?: string[] } {
  return ca === undefined ? {} : { ca: [...tls.getCACertificates("default"), ...(typeof ca === "string" ? [ca] : ca)] };
}

interface Waiter {
  take(line: Line): void;
  fail(reason: Error): void;
}

function directTransport(origin: string, options: TransportOptions): Transport {
  const most = options.maxConnections ?? Infinity;
  const maxBytes = options.maxAnswerBytes ?? Infinity;
  // One connector for all: they share its TLS sessions.
  const connector = buildConnector({ ...tlsOptions(options), allowH2: false, timeout: 0 });
  // A socket keeps the async context in which it was made: that of whoever made the transport, and not of the first call.
  const scope = captureScope();
  const lines = new Set<Line>();
  const idle: Line[] = [];
  /** In order of arrival; each takes the line that becomes free. */
  const waiting = new Set<Waiter>();
  let idleButClosed = 0;
  let opening = 0;
  let closed = false;

  const opened = (line: Line): void => {
    if (!line.opening) return;
    line.opening = false;
    opening -= 1;
  };

  const openLine = (): Line => {
    const client = new Client(origin, {
      connect: (target, callback) => {
        // It does return its socket, which its type leaves out; undici gives an attempt up through it.
        line.socket = scope.runInAsyncScope(connector, undefined, target, callback) as unknown as Socket;
        return line.socket;
      },
    });
    const line: Line = { client, socket: undefined, connected: false, opening: true, busy: false };
    opening += 1;
    client.on("connect", () => {
      line.connected = true;
      opened(line);
      makeRoom();
    });
    client.on("disconnect", () => {
      line.connected = false;
      if (!line.busy && lines.has(line)) lostIdle();
    });
    lines.add(line);
    return line;
  };

  const drop = (line: Line, reason: Error): Promise<void> => {
    lines.delete(line);
    opened(line);
    // An attempt to connect would go on by itself.
    if (!line.connected) line.socket?.destroy();
    return line.client.destroy(reason);
  };

  const takeIdle = (): Line | undefined => {
    const line = idle.pop();
    if (line !== undefined && !line.connected) idleButClosed -= 1;
    return line;
  };

  /** After a rush, what the server closed is let go of in batches. */
  const lostIdle = (): void => {
    idleButClosed += 1;
    if (idleButClosed * 2 <= idle.length) return;
    const kept = idle.filter((line) => {
      if (!line.connected) void drop(line, new Error("the connection was closed"));
      return line.connected;
    });
    idle.splice(0, idle.length, ...kept);
    idleButClosed = 0;
  };

  const release = (line: Line): void => {
    line.busy = false;
    if (!lines.has(line)) return;
    if (!line.connected) {
      // It never came to be; the next request tries afresh.
      void drop(line, new Error("the connection was not made"));
      makeRoom();
      return;
    }
    const [next] = waiting;
    if (next === undefined) return void idle.push(line);
    waiting.delete(next);
    next.take(line);
  };

  const mayOpen = (): boolean => !closed && lines.size < most && opening < MOST_OPENING;

  /** Who waits gets a new line in the place of one that was dropped, or once others are there. */
  const makeRoom = (): void => {
    for (const next of waiting) {
      if (!mayOpen()) return;
      waiting.delete(next);
      next.take(openLine());
    }
  };

  const send = (request: TransportRequest): Promise<Answer> => {
    const { watch } = request;
    let line: Line | undefined;
    let asked = false;
    const waiter: Waiter = {
      take(given) {
        line = given;
        line.busy = true;
        if (!asked) watch?.connecting();
        line.client.dispatch(dispatchOptions(request), exchange.handler);
      },
      fail: (reason) => exchange.fail(reason),
    };
    const abort = (reason: Error): void => {
      waiting.delete(waiter);
      const held = line;
      // Before the failure is told: the line is not to be used again.
      line = undefined;
      if (held !== undefined) {
        void drop(held, reason);
        makeRoom();
      }
      exchange.fail(reason);
    };
    const over = (): void => {
      const held = line;
      line = undefined;
      if (held !== undefined) release(held);
    };
    const exchange = beginExchange({ url: origin + request.path, watch, maxBytes, abort, over });
    if (closed) {
      exchange.fail(new Error(CLOSED));
      return exchange.answer;
    }
    const free = takeIdle();
    if (free !== undefined) waiter.take(free);
    else if (mayOpen()) waiter.take(openLine());
    else {
      waiting.add(waiter);
      // A wait for one's turn to connect is part of connecting; a wait for another call's end is not.
      asked = lines.size < most;
      if (asked) watch?.connecting();
    }
    watch?.onGivenUp(abort);
    return exchange.answer;
  };

  return {
    send,
    get connections() {
      return lines.size;
    },
    async close() {
      closed = true;
      const reason = new Error(CLOSED);
      for (const waiter of waiting) waiter.fail(reason);
      waiting.clear();
      idle.length = 0;
      await Promise.all([...lines].map((line) => drop(line, reason)));
    },
  };
}

/** Over a proxy: a tunnel for https, plain forwarding for http. undici's own pools keep the connections. */
function proxyTransport(origin: string, options: TransportOptions, proxy: URL): Transport {
  const tls = tlsOptions(options);
  const agent = new ProxyAgent({
    uri: proxy.href,
    requestTls: { ...tls, allowH2: false },
    proxyTls: { ...tls, allowH2: false },
    allowH2: false,
    ...(options.maxConnections !== undefined && { connections: options.maxConnections }),
  });
  const maxBytes = options.maxAnswerBytes ?? Infinity;
  const open = new Set<Exchange>();
  let closed = false;
  return {
    get connections() {
      return open.size;
    },
    send(request) {
      let controller: ExchangeController | undefined;
      let givenUp: Error | undefined;
      const abort = (reason: Error): void => {
        givenUp = reason;
        controller?.abort(reason);
        exchange.fail(reason);
      };
      const over = (): boolean => open.delete(exchange);
      const { path, watch } = request;
      const exchange = beginExchange({ url: origin + path, watch, maxBytes, abort, over });
      if (closed) {
        exchange.fail(new Error(CLOSED));
        return exchange.answer;
      }
      open.add(exchange);
      const handler: ExchangeHandler = {
        ...exchange.handler,
        onRequestStart(given) {
          controller = given;
          // Given up while the tunnel was dug.
          if (givenUp !== undefined) given.abort(givenUp);
          else exchange.handler.onRequestStart(given);
        },
      };
      watch?.connecting();
      agent.dispatch({ ...dispatchOptions(request), origin }, handler);
      watch?.onGivenUp(abort);
      return exchange.answer;
    },
    async close() {
      closed = true;
      await agent.destroy(new Error(CLOSED));
    },
  };
}

const CLOSED = "the transport was closed";

function dispatchOptions({ path, method, headers, body }: TransportRequest): Dispatcher.DispatchOptions {
  // Deadlines are the caller's, by the caller's clock.
  return { path, method, headers: headers as string[], body: body ?? null, headersTimeout: 0, bodyTimeout: 0 };
}
