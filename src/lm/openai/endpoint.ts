import { UsageError, describe } from "../../foundation/errors.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where requests go and with which secrets: read once, when a model is opened. */
export interface Endpoint {
  readonly baseURL: string;
  readonly host: string;
  readonly apiKey: string;
  /** Where the key came from, for messages. */
  readonly keyName: string;
  readonly organization: string | null;
  readonly project: string | null;
}

export interface EndpointOptions {
  readonly apiKey?: string | undefined;
  readonly baseURL?: string | undefined;
  readonly organization?: string | undefined;
  readonly project?: string | undefined;
}

const DEFAULT_BASE_URL = "https://api.openai.com/v1";

/** What is sent where a server on this machine or network wants no key; the package insists on one. */
const NO_KEY = "no-key";

/**
 * @param what who is to be told of what is wrong: `openai("gpt-5-mini")`
 * @throws UsageError when there is no key and one is needed, or when the base URL is none
 */
export function readEndpoint(what: string, options: EndpointOptions, env: Environment): Endpoint {
  const given = options.baseURL ?? trimmed(env["OPENAI_BASE_URL"]);
  const url = parseBaseURL(given ?? DEFAULT_BASE_URL, options.baseURL === undefined ? "OPENAI_BASE_URL" : "baseURL");
  const keyName = options.apiKey === undefined ? "OPENAI_API_KEY" : "the apiKey option";
  const apiKey = trimmed(options.apiKey ?? env["OPENAI_API_KEY"]);
  if (apiKey === undefined && !isLocal(url.hostname)) {
    throw new UsageError(`${what}: no API key for ${url.host}: set OPENAI_API_KEY, or pass apiKey`);
  }
  if (apiKey !== undefined && !/^[\x21-\x7e]+$/.test(apiKey)) {
    // The header's own error would quote the key.
    throw new UsageError(`${what}: ${keyName} holds blanks or other characters that no key has`);
  }
  return Object.freeze({
    baseURL: url.href.replace(/\/+$/, ""),
    host: url.host,
    apiKey: apiKey ?? NO_KEY,
    keyName,
    organization: options.organization ?? trimmed(env["OPENAI_ORG_ID"]) ?? null,
    project: options.project ?? trimmed(env["OPENAI_PROJECT_ID"]) ?? null,
  });
}

/** @throws UsageError */
export function parseBaseURL(text: string, name: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(`openai: ${name} must be an http or https URL ("${DEFAULT_BASE_URL}"), got ${describe(text)}`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new UsageError(`openai: ${name} must hold no user or password; pass them as headers`);
  }
  const path = /\/(?:chat\/completions|completions|responses|embeddings|models)\/*$/.exec(url.pathname)?.[0];
  if (path !== undefined) {
    const base = `${url.origin}${url.pathname.slice(0, -path.length)}`;
    throw new UsageError(
      `openai: ${name} must be the address before "${path}", which is added for each request: "${base}"`,
    );
  }
  return url;
}

/** Names and addresses that only mean something on this machine or its own network. */
export function isLocal(hostname: string): boolean {
  return (
    hostname === "[::1]" ||
    /^[^.:[\]]+$/.test(hostname) ||
    /\.(?:localhost|local|internal|lan|home\.arpa)$/.test(hostname) ||
    /^(?:0\.0|127\.\d+|10\.\d+|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d+\.\d+$/.test(hostname)
  );
}

function trimmed(text: string | undefined): string | undefined {
  // A key that was read from a file often ends in a newline, and an empty variable means none.
  const value = text?.trim();
  return value === "" ? undefined : value;
}
