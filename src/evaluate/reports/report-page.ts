import { createHash } from "node:crypto";
import { visible } from "./visible-text.ts";

export interface PageParts {
  readonly title: string;
  readonly style: string;
  readonly script: string;
  /** What the script reads, from the element `data`. */
  readonly data: unknown;
}

/**
 * One page that loads nothing. Its policy lets run and style it what stands in it and nothing else; all that comes from
 * models and users stands in it as JSON, of which the script makes text and never markup.
 */
export function reportPage({ title, style, script, data }: PageParts): string {
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(style)}`,
    "base-uri 'none'",
    "form-action 'none'",
    // Text that the script would make markup of by mistake makes it fail instead.
    "require-trusted-types-for 'script'",
  ].join("; ");
  const name = htmlText(title);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${name}</title>
<style>${style}</style>
</head>
<body>
<header><h1>${name}</h1></header>
<main id="report"><noscript>The figures and rows of this report are shown by the script that it carries.</noscript></main>
<script type="application/json" id="data">${jsonInHtml(data)}</script>
<script>${script}</script>
</body>
</html>
`;
}

function hashOf(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}

/** JSON in which nothing ends a script, begins a comment or is markup. */
function jsonInHtml(value: unknown): string {
  return JSON.stringify(value).replaceAll(/[<>&\u2028\u2029]/g, (sign) => {
    return `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

function htmlText(text: string): string {
  return visible(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
