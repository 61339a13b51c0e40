import { describe, expect, test } from "vitest";
import { httpFailure } from "../../../src/lm/openai/failure.ts";
import { redactor } from "../../../src/lm/redact.ts";
import { formatTurnedDown, isAboutValue, parametersTurnedDown } from "../../../src/lm/said/turned-down.ts";
import { TURNED_DOWN_ROWS } from "./wording-rows.ts";

const asked = { provider: "p", model: "m", host: "api.example", keyName: "KEY", redact: redactor([]) };
const failed = (status: number, body: unknown) =>
  httpFailure({ status, body: JSON.stringify(body), headers: new Headers(), wallTime: 0 }, asked);
const said = (message: string): object => ({ error: { message, type: "invalid_request_error", param: null } });

describe("parameters", () => {
  test.each(TURNED_DOWN_ROWS.filter(({ parameters }) => parameters))("$who", ({ status, body, parameters }) => {
    expect(parametersTurnedDown(failed(status, body))).toEqual(parameters);
  });

  test.each([
    "'n' is not supported with temperature 0",
    `could not parse messages[0].content: "Unsupported parameter: 'temperature'"`,
    `could not parse messages[0].content: This model does not support seed`,
    "Invalid value for 'temperature': 9.",
    "`temperature` and `top_p` cannot both be specified for this model.",
    "messages.0: property is required",
  ])("none: %s", (message) => {
    expect(parametersTurnedDown(failed(400, said(message)))).toEqual([]);
  });

  test("of which another value may be taken", () => {
    const about = (message: string) => isAboutValue(failed(400, said(message)));
    expect(about("Unsupported value: 'temperature' must be at most 1.")).toBe(true);
    expect(about("m doesn't support temperature=0.1.")).toBe(true);
    for (const message of [
      "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported.",
      "m doesn't support temperature=0.1. Only temperature=1 is supported.",
      "invalid temperature: only 1 is allowed for this model",
      "Unsupported parameter: 'temperature'",
    ])
      expect(about(message)).toBe(false);
  });
});

test.each(TURNED_DOWN_ROWS.filter(({ format }) => format))("formats: $who", ({ status, body, format }) => {
  expect(formatTurnedDown(failed(status, body)) ?? "none").toBe(format);
});
