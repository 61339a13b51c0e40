import { expect, onTestFinished, test } from "vitest";
import { type FineTuningOptions, openaiServer } from "../../src/testing.ts";

async function served(fineTuning?: FineTuningOptions) {
  const server = await openaiServer({ replies: [], fineTuning, apiKey: "key" });
  onTestFinished(() => server.close());
  const ask = async (method: string, path: string, body?: string | FormData, key = "key") => {
    const headers = { authorization: `Bearer ${key}` };
    const answer = await fetch(`${server.baseURL}${path}`, { method, headers, ...(body !== undefined && { body }) });
    return { status: answer.status, body: (await answer.json()) as Readonly<Record<string, unknown>> };
  };
  return { server, ask };
}

function form(text: string): FormData {
  const made = new FormData();
  made.set("purpose", "fine-tune");
  made.set("file", new Blob([text]), "rows.jsonl");
  return made;
}

test("takes a file, trains for a while, and gives a model that it serves from then on", async () => {
  const { server, ask } = await served({ looks: 2 });
  expect((await ask("POST", "/files", form('{"a":"ü"}\n'))).body).toMatchObject({
    id: "file-1",
    filename: "rows.jsonl",
  });
  expect(server.fineTuning.files).toEqual([
    { id: "file-1", filename: "rows.jsonl", purpose: "fine-tune", text: '{"a":"ü"}\n' },
  ]);
  const job = JSON.stringify({ model: "base", training_file: "file-1" });
  expect((await ask("POST", "/fine_tuning/jobs", job)).body).toMatchObject({ id: "ftjob-1", status: "running" });
  const look = () => ask("GET", "/fine_tuning/jobs/ftjob-1");
  expect((await look()).body).toMatchObject({ status: "running", fine_tuned_model: null });
  expect((await ask("GET", "/fine_tuning/jobs/ftjob-1/events")).body).toMatchObject({ data: [{ message: "look 1" }] });
  expect((await look()).body).toMatchObject({ status: "succeeded", fine_tuned_model: "ft:base:dspex::1" });
  expect((await ask("GET", "/files?purpose=fine-tune")).body).toMatchObject({
    data: [{ id: "file-1" }],
    has_more: false,
  });
});

test("turns down what OpenAI does, and knows nothing of it unless it is told to", async () => {
  const { ask } = await served({});
  const job = JSON.stringify({ model: "base", training_file: "file-9" });
  expect(await ask("POST", "/fine_tuning/jobs", job)).toMatchObject({ status: 400 });
  expect(await ask("GET", "/fine_tuning/jobs/none")).toMatchObject({ status: 404 });
  expect(await ask("GET", "/files", undefined, "other")).toMatchObject({ status: 401 });
  const without = await served();
  expect(await without.ask("GET", "/files")).toMatchObject({ status: 404 });
});
