import { BlockList, isIP } from "node:net";
import { UsageError } from "../../foundation/errors.ts";

/**
 * The proxy for requests to a URL, by the variables that most programs follow: `HTTPS_PROXY` for https, `HTTP_PROXY`
 * for http, the other names in lower case first; and none for hosts that `NO_PROXY` lists.
 *
 * `NO_PROXY` holds names separated by commas or blanks. A name also stands for all that ends in it (`example.com` and
 * `.example.com` for `api.example.com`), `*` for every host, and `name:port` for that port alone. A range (`10.0.0.0/8`,
 * `fd00::/8`) stands for the addresses in it, however they are spelt; names are not looked up for that.
 *
 * @throws UsageError when the proxy that applies is no http or https URL
 */
export function chooseProxy(target: URL, env: Readonly<Record<string, string | undefined>>): URL | undefined {
  const scheme = target.protocol === "https:" ? "https_proxy" : "http_proxy";
  const name = [scheme, scheme.toUpperCase()].find((variable) => isSet(env[variable]));
  if (name === undefined || isExempt(target, env["no_proxy"] ?? env["NO_PROXY"] ?? "")) return undefined;
  const text = env[name]?.trim() ?? "";
  // "proxy.example:3128" is often all that is given; read as a URL it would have the scheme "proxy.example:".
  const url = text.includes("://") ? text : `http://${text}`;
  const proxy = URL.canParse(url) ? new URL(url) : undefined;
  if (proxy === undefined || !/^https?:$/.test(proxy.protocol)) {
    // The value may hold a password.
    throw new UsageError(`openai: ${name} must be an http or https URL ("http://proxy.example:3128")`);
  }
  return proxy;
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value.trim() !== "";
}

function isExempt(target: URL, list: string): boolean {
  const host = withoutBrackets(target.hostname.toLowerCase());
  const port = target.port || (target.protocol === "https:" ? "443" : "80");
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => {
      if (isInRange(host, entry)) return true;
      // One colon is before a port; an IPv6 address has more.
      const [, name = "", onlyPort] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(entry) ?? [undefined, entry];
      if (name === "" || (onlyPort !== undefined && onlyPort !== port)) return false;
      const bare = withoutBrackets(name).replace(/^\*?\./, "");
      return bare === "*" || host === bare || host.endsWith(`.${bare}`) || isInRange(host, `${bare}/`);
    });
}

/** Whether a host is an address in a range; in that of a single address, where no length is told. */
function isInRange(host: string, range: string): boolean {
  const type = addressType(host);
  if (type === undefined) return false;
  const [, start = "", length = ""] = /^\[?([^\]/]*)\]?\/(\d*)\]?$/.exec(range) ?? [];
  const ofRange = addressType(start);
  if (ofRange === undefined) return false;
  const bits = ofRange === "ipv4" ? 32 : 128;
  const prefix = length === "" ? bits : Number(length);
  if (prefix > bits) return false;
  const block = new BlockList();
  block.addSubnet(start, prefix, ofRange);
  return block.check(host, type);
}

function addressType(text: string): "ipv4" | "ipv6" | undefined {
  const family = isIP(text);
  return family === 0 ? undefined : family === 4 ? "ipv4" : "ipv6";
}

function withoutBrackets(name: string): string {
  return name.replace(/^\[(.*)\]$/, "$1");
}
