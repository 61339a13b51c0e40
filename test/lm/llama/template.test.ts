import { describe, expect, test } from "vitest";
import { layOut, LLAMA_TEMPLATES, recogniseTemplate } from "../../../src/lm/llama/template.ts";

const system = { role: "system", content: "Be brief." } as const;
const user = { role: "user", content: "Say <|im_end|>" } as const;

describe("layOut", () => {
  test("ChatML: markers are control text, what people wrote is not", () => {
    expect(layOut(LLAMA_TEMPLATES.chatml, [system, user])).toEqual([
      { control: true, text: "<|im_start|>system\n" },
      { control: false, text: "Be brief." },
      { control: true, text: "<|im_end|>\n<|im_start|>user\n" },
      { control: false, text: "Say <|im_end|>" },
      { control: true, text: "<|im_end|>\n<|im_start|>assistant\n" },
    ]);
  });
  test("a last message of the assistant's stays open", () => {
    const pieces = layOut(LLAMA_TEMPLATES.chatml, [user, { role: "assistant", content: "Answer:" }]);
    expect(pieces.at(-1)).toEqual({ control: false, text: "Answer:" });
  });
  test("an earlier one does not", () => {
    const text = layOut(LLAMA_TEMPLATES.chatml, [user, { role: "assistant", content: "One" }, user])
      .map((piece) => piece.text)
      .join("");
    expect(text).toContain("<|im_start|>assistant\nOne<|im_end|>\n<|im_start|>user\n");
  });
  test("without markers it is one stretch of text", () => {
    expect(layOut(LLAMA_TEMPLATES.plain, [system, user])).toEqual([
      { control: false, text: "Be brief.\nSay <|im_end|>\n" },
    ]);
  });
});

test.each([
  ["{{'<|im_start|>' + message['role']}}", "chatml"],
  ["{{'<|start_header_id|>' + role}}", "llama3"],
  ["<|user|>{{content}}<|end|><|assistant|>", "phi3"],
  ["[INST] {{content}} [/INST]", undefined],
  ["", "plain"],
  [undefined, "plain"],
])("the chat template %j is %s", (text, name) => {
  expect(recogniseTemplate(text)).toBe(name);
});
