import { readFileSync } from "node:fs";

/** Of the package that this file is in, which lies in it as deep built as it does in the sources. */
export function ownVersion(): string {
  const facts: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  return (facts as { readonly version: string }).version;
}
