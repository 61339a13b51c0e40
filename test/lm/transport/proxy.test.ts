import { expect, test } from "vitest";
import { UsageError } from "../../../src/foundation/errors.ts";
import { chooseProxy } from "../../../src/lm/transport/proxy.ts";

type Env = Readonly<Record<string, string>>;
const SECURE = "https://api.openai.com/v1";
const PLAIN = "http://models.example:8080/v1";

test.each<[string, string, Env, string | undefined]>([
  ["no variable, no proxy", SECURE, {}, undefined],
  ["https by HTTPS_PROXY", SECURE, { HTTPS_PROXY: "http://p:3128", HTTP_PROXY: "http://q:1" }, "http://p:3128/"],
  ["http by HTTP_PROXY", PLAIN, { HTTPS_PROXY: "http://p:3128", HTTP_PROXY: "http://q:1" }, "http://q:1/"],
  ["http not by HTTPS_PROXY", PLAIN, { HTTPS_PROXY: "http://p:3128" }, undefined],
  ["lower case first", SECURE, { https_proxy: "http://low:1", HTTPS_PROXY: "http://up:1" }, "http://low:1/"],
  ["an empty variable is none", SECURE, { https_proxy: " ", HTTPS_PROXY: "http://up:1" }, "http://up:1/"],
  ["a proxy without a scheme is http", SECURE, { HTTPS_PROXY: "proxy.example:3128" }, "http://proxy.example:3128/"],
])("%s", (_what, target, env, proxy) => {
  expect(chooseProxy(new URL(target), env)?.href).toBe(proxy);
});

test.each<[string, string, boolean]>([
  ["models.example", PLAIN, true],
  ["example", PLAIN, true],
  [".example", PLAIN, true],
  ["*.example", PLAIN, true],
  ["odels.example", PLAIN, false],
  ["models.example:8080", PLAIN, true],
  ["models.example:80", PLAIN, false],
  ["other.test, models.example", PLAIN, true],
  ["other.test models.example", PLAIN, true],
  ["MODELS.EXAMPLE", PLAIN, true],
  ["*", PLAIN, true],
  ["", PLAIN, false],
  ["127.0.0.1", "http://127.0.0.1:1/v1", true],
  ["::1", "http://[::1]:1/v1", true],
  ["[::1]:1", "http://[::1]:1/v1", true],
  ["[::1]:2", "http://[::1]:1/v1", false],
  ["0:0:0:0:0:0:0:1", "http://[::1]:1/v1", true],
  ["localhost,127.0.0.0/8,.svc", "http://127.3.2.1:1/v1", true],
  ["10.0.0.0/8", "http://127.0.0.1:1/v1", false],
  ["10.200.0.0/16", "http://10.200.255.1/v1", true],
  ["10.200.1.2/16", "http://10.200.255.1/v1", true],
  ["10.200.0.0/16", "http://10.201.0.1/v1", false],
  ["10.200.0.0/16", "http://10.200.0.1.example/v1", false],
  ["192.168.1.7/32", "http://192.168.1.7/v1", true],
  ["0.0.0.0/0", "http://192.168.1.7/v1", true],
  ["fd00::/8", "http://[fd12::1]/v1", true],
  ["[fd00::]/8", "http://[fd12::1]/v1", true],
  ["fd00::/8", "http://[fe80::1]/v1", false],
  ["10.0.0.0/33", "http://10.0.0.1/v1", false],
  ["10.0.0.0/x", "http://10.0.0.1/v1", false],
  ["10.0.0/8", "http://10.0.0.1/v1", false],
])("NO_PROXY=%j for %s exempts it: %s", (list, target, exempt) => {
  const env = { HTTP_PROXY: "http://p:1", NO_PROXY: list };
  expect(chooseProxy(new URL(target), env) === undefined).toBe(exempt);
});

test.each(["socks5://user:secret-1@p:1", "http://", "http://user:secret-1@[p"])("%j is no proxy", (HTTPS_PROXY) => {
  const message = 'openai: HTTPS_PROXY must be an http or https URL ("http://proxy.example:3128")';
  expect(() => chooseProxy(new URL(SECURE), { HTTPS_PROXY })).toThrow(new UsageError(message));
});
