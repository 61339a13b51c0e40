import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const MODULES = { openai: "../../../src/lm/openai/openai.ts", server: "../../../src/testing/openai-server.ts" };
const url = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);

/** Answers one call, leaves one hanging and one stream half read; then closes. Whoever is still awake keeps it from ending. */
const SCRIPT = `
  const { openai } = await import(${url(MODULES.openai)});
  const { openaiServer } = await import(${url(MODULES.server)});
  const server = await openaiServer({ replies: ["hello", { fault: "stall_before_headers" }, { fault: "stall_in_body" }] });
  const lm = await openai("m", { baseURL: server.baseURL, env: {} }).open();
  const request = { messages: [{ role: "user", content: "hi" }] };
  await lm.generate(request);
  const outcomes = [lm.generate(request).catch((error) => error.code)];
  const stream = lm.stream(request)[Symbol.asyncIterator]();
  await stream.next();
  outcomes.push(stream.next().then(() => stream.next()).then(() => stream.next()).catch((error) => error.code));
  await lm.close();
  console.log((await Promise.all(outcomes)).join());
  await server.close();
`;

test("a closed model keeps no process alive", async () => {
  const options = { timeout: 45_000 };
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--conditions=dspex-dev", "--input-type=module", "--eval", SCRIPT],
    options,
  );
  expect(stdout.trim()).toBe("cancelled,cancelled");
});
