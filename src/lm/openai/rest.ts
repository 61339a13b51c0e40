import { isRecord } from "../read-json.ts";
import { redactor } from "../redact.ts";
import { beginCall } from "../call-lifetime.ts";
import type { Answer } from "../transport/answer.ts";
import { watchedAnswer } from "../transport/watched-answer.ts";
import { chooseProxy } from "../transport/proxy.ts";
import { transportFailure } from "../transport/failure.ts";
import { createTransport } from "../transport/transport.ts";
import type { OpenAiCall } from "./client.ts";
import { DEFAULT_MAX_ANSWER_BYTES, deadlinesOf, type OpenAiConnectionOptions, PROVIDER } from "./connection.ts";
import { readEndpoint } from "./endpoint.ts";
import { type AskedServer, httpFailure } from "./failure.ts";
import { failureOf } from "./model.ts";
import { systemClock } from "../../foundation/clock.ts";

/** The rest of OpenAI's protocol, beside its models: objects that are listed, made and looked at. One request for each call. */
export interface OpenAiRest {
  /** @throws LmError (rejects), as all of them do */
  get(path: string, signal?: AbortSignal): Promise<Readonly<Record<string, unknown>>>;
  post(path: string, body: object, signal?: AbortSignal): Promise<Readonly<Record<string, unknown>>>;
  /** A file of text, as a form. */
  upload(path: string, file: TextFile, signal?: AbortSignal): Promise<Readonly<Record<string, unknown>>>;
  close(): Promise<void>;
}

export interface TextFile {
  readonly name: string;
  readonly text: string;
  readonly fields: Readonly<Record<string, string>>;
  /** Stands nowhere in the text. */
  readonly boundary: string;
}

/**
 * @param what who is to be told of what is wrong
 * @param model what it is about, for messages
 * @throws UsageError when there is no key and one is needed, or when the base URL is none
 */
export function openRest(what: string, model: string, options: OpenAiConnectionOptions): OpenAiRest {
  const env = options.env ?? process.env;
  const { headers = {}, fetch, clock = systemClock, maxAnswerBytes = DEFAULT_MAX_ANSWER_BYTES, ca } = options;
  const { baseURL, host, keyName, apiKey, organization, project } = readEndpoint(what, options, env);
  const redact = redactor([apiKey, ...Object.values(headers)]);
  const asked: AskedServer = { provider: PROVIDER, model, host, keyName, redact };
  const deadlines = deadlinesOf(options);
  const all = new Headers({
    authorization: `Bearer ${apiKey}`,
    accept: "application/json",
    ...(organization !== null && { "openai-organization": organization }),
    ...(project !== null && { "openai-project": project }),
    ...headers,
  });
  const { origin } = new URL(baseURL);
  const transport =
    fetch === undefined
      ? createTransport({
          url: baseURL,
          proxy: chooseProxy(new URL(baseURL), env),
          maxAnswerBytes,
          ...(ca !== undefined && { ca }),
        })
      : undefined;

  const send = async (method: string, path: string, type: string, body: string | undefined, call: OpenAiCall) => {
    const { lifetime } = call;
    const own = new Headers(all);
    if (body !== undefined) own.set("content-type", type);
    const url = `${baseURL}${path}`;
    if (transport !== undefined)
      return transport.send({
        path: url.slice(origin.length),
        method,
        headers: [...own].flat(),
        body,
        watch: lifetime,
      });
    lifetime.sent();
    const { signal } = lifetime;
    const response = await (fetch ?? globalThis.fetch)(url, {
      method,
      headers: own,
      signal,
      redirect: "manual",
      ...(body && { body }),
    });
    return watchedAnswer(response, lifetime, maxAnswerBytes);
  };

  const ask = async (
    method: string,
    path: string,
    { type = "application/json", body, signal }: { type?: string; body?: string; signal?: AbortSignal | undefined },
  ): Promise<Readonly<Record<string, unknown>>> => {
    const lifetime = beginCall({ clock, deadlines, host, provider: PROVIDER, signal });
    const call: OpenAiCall = { lifetime, answer: undefined };
    const exchange = async (): Promise<unknown> => {
      let answer: Answer;
      try {
        answer = await send(method, path, type, body, call);
      } catch (thrown) {
        throw transportFailure(thrown, "headers", asked);
      }
      call.answer = answer;
      if (answer.ok) return answer.json();
      const text = await answer.text({ first: ERROR_BYTES }).catch(() => "");
      const { status } = answer;
      throw httpFailure({ status, headers: answer.headers, body: text, wallTime: clock.wallTime() }, asked);
    };
    try {
      const came = await lifetime.race(exchange());
      return isRecord(came) ? came : {};
    } catch (thrown) {
      throw failureOf(thrown, call, asked, clock.wallTime());
    } finally {
      lifetime.end();
    }
  };

  return Object.freeze({
    get: (path: string, signal?: AbortSignal) => ask("GET", path, { signal }),
    post: (path: string, body: object, signal?: AbortSignal) =>
      ask("POST", path, { body: JSON.stringify(body), signal }),
    upload(path: string, file: TextFile, signal?: AbortSignal) {
      const type = `multipart/form-data; boundary=${file.boundary}`;
      return ask("POST", path, { type, body: formOf(file), signal });
    },
    close: async () => transport?.close(),
  });
}

const ERROR_BYTES = 256 * 1_024;

function formOf({ name, text, fields, boundary }: TextFile): string {
  const part = (head: string, body: string): string =>
    `--${boundary}\r\nContent-Disposition: form-data; ${head}\r\n\r\n${body}\r\n`;
  const plain = Object.entries(fields).map(([field, value]) => part(`name="${field}"`, value));
  const file = part(`name="file"; filename="${name}"\r\nContent-Type: application/jsonl`, text);
  return `${plain.join("")}${file}--${boundary}--\r\n`;
}
