import { spawn } from "node:child_process";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly items?: readonly unknown[] };
  readonly result?: { readonly contents?: { readonly value?: string } } | null;
}

/**
 * What an editor shows over the names that a module declares with `const`: asked of the compiler's own language server,
 * with the project's settings. The module stands, for it, in this folder.
 */
export async function hovers(source: string): Promise<ReadonlyMap<string, string>> {
  const compiler = `${ROOT}node_modules/typescript/bin/tsc`;
  const server = spawn(process.execPath, [compiler, "--lsp", "--stdio"], { stdio: ["pipe", "pipe", "ignore"] });
  const uri = new URL("hovered.ts", import.meta.url).href;
  const places = [...source.matchAll(/^const (\w+)/gm)].map(({ index, 1: name = "" }) => ({
    name,
    line: source.slice(0, index).split("\n").length - 1,
    character: "const ".length,
  }));
  const found = new Map<string, string>();
  const send = (message: object): void => {
    const text = JSON.stringify({ jsonrpc: "2.0", ...message });
    server.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  };
  try {
    return await new Promise((resolve, reject) => {
      const onMessage = ({ id, method, params, result }: Message): void => {
        // What it asks of an editor: settings, and leave to register.
        if (id !== undefined && method !== undefined)
          return send({ id, result: params?.items?.map(() => null) ?? null });
        if (id === undefined) return;
        if (id === 0) {
          send({ method: "initialized", params: {} });
          const textDocument = { uri, languageId: "typescript", version: 1, text: source };
          send({ method: "textDocument/didOpen", params: { textDocument } });
          for (const [index, { line, character }] of places.entries()) {
            const at = { textDocument: { uri }, position: { line, character } };
            send({ id: index + 1, method: "textDocument/hover", params: at });
          }
          return;
        }
        found.set(places[id - 1]?.name ?? "", result?.contents?.value ?? "");
        if (found.size === places.length) resolve(found);
      };
      server.on("error", reject);
      server.on("exit", (code) => reject(new Error(`the language server ended with ${code}`)));
      server.stdout.on("data", reader(onMessage));
      const capabilities = { textDocument: { hover: { contentFormat: ["plaintext"] } } };
      const rootUri = pathToFileURL(ROOT).href;
      send({ id: 0, method: "initialize", params: { processId: process.pid, rootUri, capabilities } });
    });
  } finally {
    server.removeAllListeners("exit");
    server.kill();
  }
}

/** Cuts what comes into messages. */
function reader(onMessage: (message: Message) => void): (piece: Buffer) => void {
  let rest = Buffer.alloc(0);
  return (piece) => {
    rest = Buffer.concat([rest, piece]);
    for (;;) {
      const head = rest.indexOf("\r\n\r\n");
      const length = Number(/Content-Length: (\d+)/i.exec(rest.subarray(0, Math.max(head, 0)).toString())?.[1]);
      const from = head + 4;
      if (head < 0 || rest.length < from + length) return;
      // The server speaks the protocol.
      const message = JSON.parse(rest.subarray(from, from + length).toString()) as Message;
      rest = rest.subarray(from + length);
      onMessage(message);
    }
  };
}
