import { AsyncLocalStorage } from "node:async_hooks";
import { expect, test } from "vitest";
import { captureScope } from "../../src/foundation/async-scope.ts";

const storage = new AsyncLocalStorage<string>();

test("a scope is the context in which it was captured", () => {
  const tenant = storage.run("acme", () => captureScope());
  const other = storage.run("other", () => captureScope());
  expect(tenant.runInAsyncScope(() => storage.getStore())).toBe("acme");
  expect(other.runInAsyncScope((prefix: string) => prefix + storage.getStore(), undefined, "the ")).toBe("the other");
});

// Before any store was entered: Node leaves a trace of each in the code around it.
const outside = captureScope();
const again = captureScope();

test("outside of all stores it is one for all, in which none holds anything", () => {
  // A Node before 24 keeps contexts in another way, and makes one for each; what is run in it is the same.
  expect(again).toBe(outside);
  expect(storage.run("acme", () => outside.runInAsyncScope(() => storage.getStore()))).toBeUndefined();
  expect(storage.run("acme", () => captureScope())).not.toBe(outside);
  expect(captureScope().runInAsyncScope(() => storage.getStore())).toBeUndefined();
});
