import { describe, expect, test } from "vitest";
import { chooseModel, type ChooseOptions } from "../../../src/cli/answer/choose-model.ts";
import { UsageError } from "../../../src/foundation/errors.ts";

type Fetch = NonNullable<ChooseOptions["fetchWeights"]>;

const fetched: Fetch = async () => "/cache/model.gguf";
const unreachable: Fetch = () => Promise.reject(new UsageError("the weights could not be fetched"));

function choose(env: Readonly<Record<string, string>>, fetchWeights = fetched) {
  return chooseModel({ env, onProgress: () => undefined, fetchWeights });
}

describe("chooseModel", () => {
  test.each([
    ["a key", { OPENAI_API_KEY: "sk-secret" }, "gpt-5.6-luna, at api.openai.com"],
    ["a key and a model", { OPENAI_API_KEY: "sk-secret", DSPEX_MODEL: "gpt-5" }, "gpt-5, at api.openai.com"],
    [
      "a key and a server elsewhere",
      { OPENAI_API_KEY: "sk-secret", OPENAI_BASE_URL: "https://llm.example.com/v1" },
      "at llm.example.com",
    ],
    [
      "a local server",
      { OPENAI_BASE_URL: "http://127.0.0.1:11434/v1", DSPEX_MODEL: "qwen3" },
      "qwen3, at 127.0.0.1:11434",
    ],
    ["a base URL that is none, so that its error is seen", { OPENAI_BASE_URL: "localhost" }, "gpt-5.6-luna"],
  ])("the hosted model with %s", async (_, env, line) => {
    const choice = await choose(env, unreachable);
    expect(choice).toMatchObject({ name: "openai", lm: { provider: "openai" } });
    expect(choice.line).toContain(line);
    expect(JSON.stringify(choice)).not.toContain("sk-secret");
  });

  test.each([
    ["nothing is set", {}],
    ["variables are set to nothing", { OPENAI_API_KEY: " ", OPENAI_BASE_URL: "" }],
    ["a server elsewhere is set without a key", { OPENAI_BASE_URL: "https://llm.example.com/v1" }],
  ])("the embedded model when %s", async (_, env) => {
    const choice = await choose(env);
    expect(choice).toMatchObject({ name: "llama", lm: { model: "SmolLM2-135M-Instruct" } });
    expect(choice.line).toBe("model: SmolLM2-135M-Instruct, in this process (no OPENAI_API_KEY is set)");
  });

  test("the reader, in capital letters and with the reason, when the weights cannot be had", async () => {
    const choice = await choose({}, unreachable);
    expect(choice.name).toBe("reader");
    expect(choice.lm.model).toBe("extractive-reader (no language model!)");
    expect(choice.line).toMatch(/^model: extractive-reader \(no language model!\)\. NO LANGUAGE MODEL COULD BE HAD/);
    expect(choice.line).toContain("the weights could not be fetched");
  });

  test("weights that are damaged and cannot be fetched anew are an error, not stepped over", async () => {
    const damaged: Fetch = ({ onProgress }) => {
      onProgress({ kind: "rejected", path: "/cache/model.gguf", reason: "has 7 bytes" });
      return Promise.reject(new UsageError("the file is damaged"));
    };
    await expect(choose({}, damaged)).rejects.toThrow("the file is damaged");
  });
});
