import { AsyncLocalStorage } from "node:async_hooks";
import * as diagnostics from "node:diagnostics_channel";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { createServer as createTcpServer } from "node:net";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import type { ExchangeWatch } from "../../../src/lm/transport/answer.ts";
import { transportFetch } from "../../../src/lm/transport/fetch.ts";
import { checkUndici, createTransport } from "../../../src/lm/transport/transport.ts";
import type { Transport, TransportOptions, TransportRequest } from "../../../src/lm/transport/transport.ts";
import { until } from "../../../src/testing/until.ts";

const TLS = {
  cert: readFileSync(new URL("../../fixtures/tls/cert.pem", import.meta.url), "utf8"),
  key: readFileSync(new URL("../../fixtures/tls/key.pem", import.meta.url), "utf8"),
};

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

interface World {
  readonly url: string;
  readonly transport: Transport;
  readonly sockets: () => number;
  /** Connections that were ever made. */
  readonly made: () => number;
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.push(
    () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  );
  // A server that listens on a port has an address with one.
  return (server.address() as AddressInfo).port;
}

type Listener = (request: IncomingMessage, response: ServerResponse) => unknown;

async function world(answer: Listener, options: Partial<TransportOptions> = {}): Promise<World> {
  let sockets = 0;
  let made = 0;
  const server = createServer((request, response) => void answer(request, response));
  server.on("connection", (socket) => {
    sockets += 1;
    made += 1;
    socket.on("close", () => (sockets -= 1));
  });
  const url = `http://127.0.0.1:${await listen(server)}`;
  const transport = createTransport({ url, ...options });
  open.push(() => transport.close());
  return { url, transport, sockets: () => sockets, made: () => made };
}

const get = (path = "/", more: Partial<TransportRequest> = {}): TransportRequest => ({
  path,
  method: "GET",
  headers: [],
  body: undefined,
  ...more,
});

const noWatch: ExchangeWatch = { connecting: () => {}, sent: () => {}, received: () => {}, onGivenUp: () => {} };
const hello = (_request: unknown, response: ServerResponse): void => void response.end("hello");

/** A watch that gives up when it is told to. */
function givingUp(): { readonly watch: ExchangeWatch; giveUp(): void } {
  let abort: (reason: Error) => void = () => {};
  return { watch: { ...noWatch, onGivenUp: (given) => (abort = given) }, giveUp: () => abort(new Error("given up")) };
}

describe("an answer", () => {
  test("has its status, headers and text; names in any case, repeated ones joined", async () => {
    const { transport, url } = await world((request, response) => {
      response.writeHead(418, { "X-One": "1", "set-cookie": ["a", "b"] });
      response.end(`\u{feff}${request.method} ${request.url} grüße`);
    });
    const answer = await transport.send(get("/a?b=c"));
    expect(answer).toMatchObject({ ok: false, status: 418, url: `${url}/a?b=c` });
    expect([answer.headers.get("x-ONE"), answer.headers.get("set-cookie"), answer.headers.get("none")]).toEqual([
      "1",
      "a, b",
      null,
    ]);
    expect(answer.headers.has("X-One")).toBe(true);
    expect(Object.fromEntries(answer.headers)).toMatchObject({ "x-one": "1" });
    expect(await answer.text()).toBe("GET /a?b=c grüße");
  });

  test("is read as JSON, and a body is sent", async () => {
    const { transport } = await world(async (request, response) => {
      let text = "";
      for await (const piece of request) text += String(piece);
      response.end(JSON.stringify({ got: text, type: request.headers["content-type"] }));
    });
    const request = get("/", { method: "POST", headers: ["content-type", "text/plain"], body: "grüße" });
    expect(await (await transport.send(request)).json()).toEqual({ got: "grüße", type: "text/plain" });
  });

  test("comes piece by piece, and holds the sender back while nobody reads", async () => {
    let written = 0;
    const piece = Buffer.alloc(64 * 1_024, "x");
    const { transport } = await world(async (_request, response) => {
      for (let index = 0; index < 400; index += 1) {
        if (!response.write(piece)) await new Promise((resolve) => response.once("drain", resolve));
        written += 1;
      }
      response.end();
    });
    const answer = await transport.send(get());
    let before = -1;
    await until(() => {
      const still = before === written;
      before = written;
      return still && written > 0;
    });
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    // What the system's own buffers take is a few MB; all of it would be 25.
    expect(written).toBeLessThan(300);
    let length = 0;
    for await (const chunk of answer.body) length += chunk.length;
    expect(length).toBe(400 * piece.length);
  });

  test("that nobody reads to its end gives its connection up", async () => {
    const { transport, sockets } = await world((_request, response) => void response.write("one"));
    const answer = await transport.send(get());
    for await (const chunk of answer.body) {
      expect(String(chunk)).toBe("one");
      break;
    }
    await until(() => sockets() === 0);
    expect(transport.connections).toBe(0);
  });
});

describe("connections", () => {
  test("are kept, and the last one used goes first", async () => {
    const { transport, made } = await world(hello);
    for (let round = 0; round < 20; round += 1) await (await transport.send(get())).text();
    expect(made()).toBe(1);
  });

  test("are as many as requests in flight where there is no cap", async () => {
    const { transport, made } = await world(hello);
    await Promise.all(Array.from({ length: 30 }, async () => (await transport.send(get())).text()));
    expect(made()).toBeLessThanOrEqual(30);
    expect(transport.connections).toBe(made());
  });

  test("are never more than the cap, and who waits is served first in first out", async () => {
    const order: string[] = [];
    const { transport, made } = await world(
      (request, response) => {
        order.push(request.url ?? "");
        response.end("hello");
      },
      { maxConnections: 2 },
    );
    const paths = Array.from({ length: 20 }, (_, index) => `/${index}`);
    await Promise.all(paths.map(async (path) => (await transport.send(get(path))).text()));
    expect(made()).toBe(2);
    expect(order.toSorted()).toEqual(paths.toSorted());
    expect(order.slice(0, 2).toSorted()).toEqual(["/0", "/1"]);
  });

  test("given up make room for those who wait, and leave the line when they wait themselves", async () => {
    const { transport } = await world(
      (request, response) => void (request.url === "/stall" ? undefined : response.end("hello")),
      { maxConnections: 1 },
    );
    const first = givingUp();
    const second = givingUp();
    const stalled = transport.send(get("/stall", { watch: first.watch })).catch((error: unknown) => error);
    const waiting = transport.send(get("/never", { watch: second.watch })).catch((error: unknown) => error);
    const last = transport.send(get("/last"));
    second.giveUp();
    first.giveUp();
    expect([await stalled, await waiting]).toMatchObject([{ message: "given up" }, { message: "given up" }]);
    expect(await (await last).text()).toBe("hello");
  });

  test("that the server closed are let go of after a rush", async () => {
    const { transport, sockets } = await world((_request, response) => {
      response.setHeader("connection", "close");
      response.end("hello");
    });
    await Promise.all(Array.from({ length: 50 }, async () => (await transport.send(get())).text()));
    await until(() => sockets() === 0);
    await until(() => transport.connections < 5);
    expect(await (await transport.send(get())).text()).toBe("hello");
  });

  test("that fail do not stay in the way", async () => {
    const server = createServer(hello);
    const port = await listen(server);
    const transport = createTransport({ url: `http://127.0.0.1:${port}`, maxConnections: 1 });
    open.push(() => transport.close());
    await new Promise((resolve) => server.close(resolve));
    const failed = await Promise.allSettled([1, 2, 3].map(() => transport.send(get())));
    expect(failed.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    expect(await (await transport.send(get())).text()).toBe("hello");
  });
});

describe("giving up", () => {
  test("closes the socket within 50 ms, whatever the exchange is at", async () => {
    const { transport, sockets } = await world((request, response) => {
      if (request.url === "/body") response.write("half");
    });
    for (const path of ["/headers", "/body"]) {
      const { watch, giveUp } = givingUp();
      const answer = transport.send(get(path, { watch }));
      const outcome = answer.then((given) => given.text()).catch((error: unknown) => error);
      await until(() => sockets() === 1);
      if (path === "/body") await answer;
      giveUp();
      await until(() => sockets() === 0, { withinMs: 50 });
      expect(await outcome).toMatchObject({ message: "given up" });
    }
  });

  test("ends an attempt to connect", async () => {
    // Accepts into the backlog and never speaks TLS.
    const server = createTcpServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    open.push(() => new Promise((resolve) => server.close(resolve)));
    const transport = createTransport({ url: `https://127.0.0.1:${(server.address() as AddressInfo).port}` });
    open.push(() => transport.close());
    let closed = 0;
    server.on("connection", (socket) =>
      socket
        .on("close", () => (closed += 1))
        .on("error", () => {})
        .resume(),
    );
    const seen: string[] = [];
    const { watch, giveUp } = givingUp();
    const phases = { ...watch, connecting: () => void seen.push("connecting"), sent: () => void seen.push("sent") };
    const answer = transport.send(get("/", { watch: phases })).catch((error: unknown) => error);
    await until(() => seen.length > 0);
    giveUp();
    expect(await answer).toMatchObject({ message: "given up" });
    await until(() => server.listening && closed <= 1);
    expect(seen).toEqual(["connecting"]);
    expect(transport.connections).toBe(0);
  });

  test("closing ends everything, and what is asked for afterwards fails", async () => {
    const { transport, sockets } = await world(() => {}, { maxConnections: 1 });
    const answers = [transport.send(get()), transport.send(get())].map((answer) => answer.catch((e: unknown) => e));
    await until(() => sockets() === 1);
    await transport.close();
    answers.push(transport.send(get()).catch((error: unknown) => error));
    expect(await Promise.all(answers)).toMatchObject(answers.map(() => ({ message: "the transport was closed" })));
    await until(() => sockets() === 0);
    await transport.close();
  });
});

describe("TLS", () => {
  test("a certificate of one's own CA is trusted where it is given, and not otherwise", async () => {
    const url = `https://127.0.0.1:${await listen(createTlsServer(TLS, hello))}`;
    const trusting = createTransport({ url, ca: TLS.cert });
    const wary = createTransport({ url });
    open.push(() => Promise.all([trusting.close(), wary.close()]));
    expect(await (await trusting.send(get())).text()).toBe("hello");
    await expect(wary.send(get())).rejects.toMatchObject({ code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
  });
});

describe("through a proxy", () => {
  /** Forwards plain requests, digs tunnels, and notes both. */
  async function proxy(user?: string): Promise<{ readonly url: URL; readonly seen: string[] }> {
    const seen: string[] = [];
    const server = createServer((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers["proxy-authorization"] ?? ""}`.trim());
      response.end("forwarded");
    });
    server.on("connect", (request, socket) => {
      seen.push(`CONNECT ${request.url}`);
      const [host = "", port] = (request.url ?? "").split(":");
      const onward = connect(Number(port), host, () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        onward.pipe(socket).pipe(onward);
      });
      onward.on("error", () => {}).on("close", () => socket.destroy());
      socket.on("error", () => onward.destroy());
    });
    const port = await listen(server);
    return { url: new URL(`http://${user === undefined ? "" : `${user}@`}127.0.0.1:${port}`), seen };
  }

  test("plain requests are forwarded, with the proxy's user and password", async () => {
    const { url, seen } = await proxy("me:secret");
    const transport = createTransport({ url: "http://models.test:8080", proxy: url });
    open.push(() => transport.close());
    expect(await (await transport.send(get("/v1/x"))).text()).toBe("forwarded");
    expect(seen).toEqual([`GET http://models.test:8080/v1/x Basic ${Buffer.from("me:secret").toString("base64")}`]);
  });

  test("secure ones go through a tunnel, and the certificate is the target's", async () => {
    const { url, seen } = await proxy();
    const port = await listen(createTlsServer(TLS, hello));
    const transport = createTransport({ url: `https://127.0.0.1:${port}`, proxy: url, ca: TLS.cert });
    open.push(() => transport.close());
    expect(await (await transport.send(get())).text()).toBe("hello");
    expect(seen).toEqual([`CONNECT 127.0.0.1:${port}`]);
  });

  test("closing ends what is under way", async () => {
    const stalls = createServer(() => {});
    const url = new URL(`http://127.0.0.1:${await listen(stalls)}`);
    const transport = createTransport({ url: "http://models.test", proxy: url });
    const answer = transport.send(get()).catch((error: unknown) => error);
    await until(() => transport.connections === 1);
    await transport.close();
    expect(await answer).toBeInstanceOf(Error);
  });
});

test("as a fetch it is aborted by its signal, before and meanwhile", async () => {
  const { transport, url, sockets } = await world(() => {});
  const fetch = transportFetch(transport);
  await expect(fetch(url, { signal: AbortSignal.abort(new Error("before")) })).rejects.toThrow("before");
  const stop = new AbortController();
  const answer = fetch(`${url}/x`, { signal: stop.signal }).catch((error: unknown) => error);
  await until(() => sockets() >= 1);
  stop.abort(new Error("meanwhile"));
  expect(await answer).toMatchObject({ message: "meanwhile" });
  await until(() => sockets() === 0);
});

test("a connection keeps no caller's async context: it is made in that of who made the transport", async () => {
  const store = new AsyncLocalStorage<string>();
  const seen: (string | undefined)[] = [];
  const note = (): void => void seen.push(store.getStore());
  diagnostics.subscribe("net.client.socket", note);
  const { transport } = await store.run("the client", () => world(hello));
  const texts = ["a", "b"].map((whose) => store.run(whose, async () => (await transport.send(get())).text()));
  expect(await Promise.all(texts)).toEqual(["hello", "hello"]);
  diagnostics.unsubscribe("net.client.socket", note);
  expect(seen).toEqual(["the client", "the client"]);
});

test("an undici that cannot send is told at once, with what to do", () => {
  expect(() => checkUndici({ prototype: {} })).toThrow(/an undici of its own.*fetch: globalThis\.fetch/);
});
