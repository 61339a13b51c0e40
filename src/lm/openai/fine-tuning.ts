import { malformed, memberOf, readString } from "../read-json.ts";
import { openRest } from "./rest.ts";
import type { OpenAiConnectionOptions } from "./connection.ts";

/** A fine-tuning job as its server tells of it. */
export interface FineTuningJob {
  readonly id: string;
  /** As the server says it, in lower case: `validating_files`, `queued`, `running`, `succeeded`, `failed`, `cancelled`, … */
  readonly status: string;
  /** The name of the new model, once there is one. */
  readonly model: string | undefined;
  readonly trainedTokens: number | undefined;
  /** Why it failed. */
  readonly error: string | undefined;
}

/** OpenAI's files and fine-tuning jobs, at whatever server speaks of them: one request for each call, never a retry. */
export interface FineTuning {
  /** @returns the file's id */
  upload(filename: string, text: string, signal: AbortSignal): Promise<string>;
  /** The id of the file of that name; undefined: there is none. */
  findFile(filename: string, signal: AbortSignal): Promise<string | undefined>;
  create(body: object, signal: AbortSignal): Promise<FineTuningJob>;
  /** The newest job on that file; undefined: there is none. */
  findJob(file: string, signal: AbortSignal): Promise<FineTuningJob | undefined>;
  look(id: string, signal: AbortSignal): Promise<FineTuningJob>;
  /** What the job said last; undefined: nothing yet. */
  lastEvent(id: string, signal: AbortSignal): Promise<string | undefined>;
  cancel(id: string, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param model the base model, for messages
 * @throws UsageError when there is no key and one is needed, or when the base URL is none
 */
export function openFineTuning(what: string, model: string, options: OpenAiConnectionOptions): FineTuning {
  const rest = openRest(what, model, options);
  /** Page after page, until one has it. Lists begin with the newest. */
  const find = async (
    path: string,
    query: string,
    signal: AbortSignal,
    fits: (each: unknown) => boolean,
  ): Promise<unknown> => {
    let after: string | undefined;
    for (;;) {
      const from: string = after === undefined ? "" : `&after=${encodeURIComponent(after)}`;
      const page = await rest.get(`${path}?${query}${from}`, signal);
      const { data } = page;
      if (!Array.isArray(data)) throw malformed("a list of objects (data)", data);
      const found: unknown = data.find(fits);
      const last = readString(memberOf(data.at(-1), "id"));
      if (found !== undefined || page["has_more"] !== true || last === undefined || last === after) return found;
      after = last;
    }
  };
  return Object.freeze({
    async upload(filename: string, text: string, signal: AbortSignal) {
      // Rows are JSON, in which no such line can stand.
      const file = { name: filename, text, fields: { purpose: "fine-tune" }, boundary: "dspex-form-boundary" };
      return idOf(await rest.upload("/files", file, signal));
    },
    async findFile(filename: string, signal: AbortSignal) {
      const isIt = (each: unknown): boolean =>
        memberOf(each, "filename") === filename && memberOf(each, "status") !== "error";
      const found = await find("/files", "purpose=fine-tune", signal, isIt);
      return found === undefined ? undefined : idOf(found);
    },
    create: async (body: object, signal: AbortSignal) => jobOf(await rest.post("/fine_tuning/jobs", body, signal)),
    async findJob(file: string, signal: AbortSignal) {
      const found = await find(
        "/fine_tuning/jobs",
        "limit=100",
        signal,
        (each) => memberOf(each, "training_file") === file,
      );
      return found === undefined ? undefined : jobOf(found);
    },
    look: async (id: string, signal: AbortSignal) => jobOf(await rest.get(pathOf(id), signal)),
    async lastEvent(id: string, signal: AbortSignal) {
      const { data } = await rest.get(`${pathOf(id)}/events?limit=1`, signal);
      return Array.isArray(data) ? readString(memberOf(data[0], "message")) : undefined;
    },
    async cancel(id: string, signal: AbortSignal) {
      await rest.post(`${pathOf(id)}/cancel`, {}, signal);
    },
    close: () => rest.close(),
  });
}

function pathOf(id: string): string {
  return `/fine_tuning/jobs/${encodeURIComponent(id)}`;
}

function idOf(told: unknown): string {
  const id = readString(memberOf(told, "id"));
  if (id === undefined) throw malformed("an object with an id", told);
  return id;
}

function jobOf(told: unknown): FineTuningJob {
  const tokens = memberOf(told, "trained_tokens");
  return {
    id: idOf(told),
    status: (readString(memberOf(told, "status")) ?? "").toLowerCase(),
    model: readString(memberOf(told, "fine_tuned_model")),
    trainedTokens: typeof tokens === "number" ? tokens : undefined,
    error: readString(memberOf(memberOf(told, "error"), "message")),
  };
}
