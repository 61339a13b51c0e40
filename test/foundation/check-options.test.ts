import { describe, expect, test } from "vitest";
import {
  checkOptions,
  checkSharedOptions,
  checkSignal,
  checkTimeout,
  nearest,
} from "../../src/foundation/check-options.ts";
import { UsageError } from "../../src/foundation/errors.ts";

const KNOWN = ["baseURL", "apiKey", "timeoutMs"];

describe("options", () => {
  test.each([{}, { baseURL: 1 }, { apiKey: undefined, timeoutMs: undefined }])(
    "%j has no name that nobody reads",
    (options) => {
      expect(checkOptions("openai", options, KNOWN)).toBeUndefined();
    },
  );

  test.each([
    [{ baseUrl: 1 }, 'openai: no option "baseUrl" (is "baseURL" meant?); there are baseURL, apiKey, timeoutMs'],
    [{ timeout: 1 }, 'openai: no option "timeout" (is "timeoutMs" meant?); there are baseURL, apiKey, timeoutMs'],
    [{ apikey: 1 }, 'openai: no option "apikey" (is "apiKey" meant?); there are baseURL, apiKey, timeoutMs'],
    [{ zzz: undefined }, 'openai: no option "zzz"; there are baseURL, apiKey, timeoutMs'],
    [null, "openai: expected an object of options, got null"],
    ["text", 'openai: expected an object of options, got "text"'],
  ])("%j is misuse", (options, message) => {
    expect(() => checkOptions("openai", options, KNOWN)).toThrow(new UsageError(message));
  });

  test("of names that are alike the nearest is meant, and of others none", () => {
    expect(nearest("maxConcurency", ["maxWaiting", "maxConcurrency"])).toBe("maxConcurrency");
    expect(nearest("x", ["maxWaiting", "maxConcurrency"])).toBeUndefined();
  });
});

describe("a signal", () => {
  test.each([undefined, new AbortController().signal, AbortSignal.abort(), AbortSignal.timeout(1)])(
    "%s is one",
    (signal) => {
      expect(checkSignal("call", signal)).toBeUndefined();
    },
  );

  test.each([
    [new AbortController(), "call: signal must be an AbortSignal, got {}, an AbortController: give its signal"],
    [null, "call: signal must be an AbortSignal, got null"],
    [5, "call: signal must be an AbortSignal, got 5"],
    [{ aborted: false }, 'call: signal must be an AbortSignal, got {"aborted":false}'],
  ])("%s is none", (signal, message) => {
    expect(() => checkSignal("call", signal)).toThrow(new UsageError(message));
  });
});

describe("a timeout", () => {
  test.each([undefined, 0, 1.5, Infinity])("%s is one", (ms) => {
    expect(checkTimeout("call", "timeoutMs", ms)).toBeUndefined();
  });

  test.each([NaN, -1, "5", null, 5n])("%s is none", (ms) => {
    expect(() => checkTimeout("call", "timeoutMs", ms)).toThrow(
      /^call: timeoutMs must be milliseconds, a number from 0, got /,
    );
  });
});

describe("options that hold other things besides", () => {
  test("are misuse where a name is misspelt, and told as a warning where it is like none", async () => {
    const told: string[] = [];
    const note = ({ message }: Error): void => void told.push(message);
    process.on("warning", note);
    checkSharedOptions("openai", { apiKey: "k", model: "m" }, KNOWN);
    expect(() => checkSharedOptions("openai", { model: "m", baseUrl: "u" }, KNOWN)).toThrow('is "baseURL" meant?');
    await expect.poll(() => told).toEqual(['openai: no option "model"; there are baseURL, apiKey, timeoutMs']);
    process.off("warning", note);
  });
});
