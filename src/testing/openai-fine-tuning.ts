import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { errorReply } from "./openai-reply.ts";
import type { HttpErrorReply } from "./openai-reply.ts";
import { sendError, sendJson } from "./server-sending.ts";

export interface FineTuningOptions {
  /** How often a job is looked at until it is over; default 2. */
  readonly looks?: number | undefined;
  /** Jobs fail, and say so. Default: they succeed. */
  readonly failure?: string | undefined;
  /**
   * What befalls a request; `index` counts from 0. `"answer_lost"`: it is carried out, and the connection breaks before anybody
   * hears of it; `"request_lost"`: it breaks before. Undefined: nothing.
   */
  readonly befalls?: ((request: FineTuningRequest, index: number) => FineTuningFault | undefined) | undefined;
}

export type FineTuningFault = "answer_lost" | "request_lost" | HttpErrorReply;

export interface FineTuningRequest {
  readonly method: string;
  /** Without its query: `/v1/fine_tuning/jobs`. */
  readonly path: string;
}

/** A file that was uploaded. */
export interface ServedFile {
  readonly id: string;
  readonly filename: string;
  readonly purpose: string;
  readonly text: string;
}

export interface ServedTraining {
  readonly id: string;
  /** The body of the request for it. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly status: "running" | "succeeded" | "failed" | "cancelled";
  readonly fine_tuned_model: string | null;
}

/** What was uploaded and begun, in order. */
export interface ServedFineTuning {
  readonly files: readonly ServedFile[];
  readonly jobs: readonly ServedTraining[];
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  outcome: string;
}

export interface FineTuningEndpoint extends ServedFineTuning {
  /** Whether it is one of its requests. */
  serves(path: string): boolean;
  answer(request: Asked, text: string, response: ServerResponse): void;
}

type OpenTraining = { -readonly [Name in keyof ServedTraining]: ServedTraining[Name] } & { looks: number };

/** Files and fine-tuning jobs of the loopback server: a job learns nothing, and gives its model a name of its own. */
export function fineTuningEndpoint(options: FineTuningOptions): FineTuningEndpoint {
  const { looks = 2, failure, befalls } = options;
  const files: ServedFile[] = [];
  const jobs: OpenTraining[] = [];
  let count = 0;

  const upload = ({ headers }: Asked, text: string): object => {
    const form = readForm(headers["content-type"] ?? "", text);
    const file = { id: `file-${files.length + 1}`, ...form };
    files.push(file);
    return writeFile(file);
  };
  const create = (text: string): object | HttpErrorReply => {
    // What comes is looked into as far as it is relied on.
    const body = JSON.parse(text) as Readonly<Record<string, unknown>>;
    const { training_file: file, model } = body;
    if (!files.some(({ id }) => id === file))
      return errorReply(400, `invalid training_file: ${String(file)}`, { param: "training_file" });
    if (typeof model !== "string") return errorReply(400, "no model", { param: "model" });
    const id = `ftjob-${jobs.length + 1}`;
    const job: OpenTraining = { id, body, status: "running", fine_tuned_model: null, looks: 0 };
    jobs.push(job);
    return writeJob(job, undefined);
  };
  const look = (job: OpenTraining): object => {
    job.looks += 1;
    if (job.status === "running" && job.looks >= looks) {
      job.status = failure === undefined ? "succeeded" : "failed";
      if (failure === undefined) job.fine_tuned_model = nameOf(job, jobs.indexOf(job) + 1);
    }
    return writeJob(job, failure);
  };
  const onJob = (method: string, id: string, action: string | undefined): object | undefined => {
    const job = jobs.find((each) => each.id === id);
    if (job === undefined) return undefined;
    if (method === "GET" && action === undefined) return look(job);
    if (method === "GET" && action === "events")
      return list([{ id: `${id}-${job.looks}`, object: "fine_tuning.job.event", message: `look ${job.looks}` }]);
    if (method !== "POST" || action !== "cancel") return undefined;
    if (job.status === "running") job.status = "cancelled";
    return writeJob(job, failure);
  };
  const carryOut = (asked: Asked, { pathname, searchParams }: URL, text: string): object | HttpErrorReply => {
    const [, , , , id, action] = pathname.split("/");
    const what = `${asked.method} ${pathname}`;
    if (what === `POST ${FILES}`) return upload(asked, text);
    if (what === `GET ${FILES}`) return page(files.map(writeFile), searchParams);
    if (what === `POST ${JOBS}`) return create(text);
    if (what === `GET ${JOBS}`)
      return page(
        jobs.map((job) => writeJob(job, failure)),
        searchParams,
      );
    return (id === undefined ? undefined : onJob(asked.method, id, action)) ?? errorReply(404, `Invalid URL (${what})`);
  };

  return {
    files,
    jobs,
    serves: (path) => path.startsWith(FILES) || path.startsWith(JOBS),
    answer(asked, text, response) {
      const url = new URL(asked.path, "http://127.0.0.1");
      const fault = befalls?.({ method: asked.method, path: url.pathname }, count);
      count += 1;
      if (typeof fault === "object") return sendError(response, fault);
      const came = fault === "request_lost" ? {} : carryOut(asked, url, text);
      if (fault !== undefined) {
        asked.outcome = "faulted";
        return void response.socket?.resetAndDestroy();
      }
      if (isError(came)) return sendError(response, came);
      sendJson(response, came);
    },
  };
}

/** A job has a status too, in words. */
function isError(came: object): came is HttpErrorReply {
  return "status" in came && typeof came.status === "number";
}

const FILES = "/v1/files";
const JOBS = "/v1/fine_tuning/jobs";

function writeFile({ id, filename, purpose, text }: ServedFile): Listed {
  return { id, object: "file", bytes: Buffer.byteLength(text), filename, purpose, status: "processed" };
}

function writeJob({ id, body, status, fine_tuned_model: model }: ServedTraining, failure: string | undefined): Listed {
  return {
    id,
    object: "fine_tuning.job",
    ...body,
    status,
    fine_tuned_model: model,
    trained_tokens: model === null ? null : 1_000,
    error: status === "failed" ? { code: "training_failed", message: failure ?? "", param: null } : null,
  };
}

function nameOf({ body }: ServedTraining, number: number): string {
  const { model, suffix } = body;
  return `ft:${String(model)}:dspex:${typeof suffix === "string" ? suffix : ""}:${number}`;
}

interface Listed {
  readonly id: string;
  readonly [fact: string]: unknown;
}

/** The newest first. */
function page(all: readonly Listed[], query: URLSearchParams): object {
  const newest = all.toReversed();
  const from = newest.findIndex(({ id }) => id === query.get("after")) + 1;
  const most = Number(query.get("limit") ?? 10_000);
  const data = newest.slice(from, from + most);
  return { ...list(data), has_more: from + data.length < newest.length };
}

function list(data: readonly object[]): object {
  return { object: "list", data };
}

function readForm(type: string, text: string): Omit<ServedFile, "id"> {
  const boundary = /boundary=(\S+)/.exec(type)?.[1] ?? "";
  const parts = text.split(`--${boundary}`).map((part) => {
    const [head = "", ...rest] = part.split("\r\n\r\n");
    const value = rest.join("\r\n\r\n").replace(/\r\n$/, "");
    return { name: /[; ]name="([^"]*)"/.exec(head)?.[1], filename: /filename="([^"]*)"/.exec(head)?.[1], value };
  });
  const found = (name: string) => parts.find((part) => part.name === name);
  return {
    filename: found("file")?.filename ?? "",
    purpose: found("purpose")?.value ?? "",
    text: found("file")?.value ?? "",
  };
}
