import { createHash } from "node:crypto";
import { checkOptions, optionNames } from "../../foundation/check-options.ts";
import type { HtmlOptions, ReportData } from "../report.ts";
import { pageData } from "./page-data.ts";
import { PAGE_SCRIPT } from "./page-script.ts";
import { PAGE_STYLE } from "./page-style.ts";
import { rowsOption } from "./report-table.ts";
import { visible } from "./visible-text.ts";

const OPTIONS = optionNames<HtmlOptions>({ classes: true });

/**
 * One page that loads nothing. Its policy lets run and style it what stands in it and nothing else; all that comes from
 * models and users stands in it as JSON, of which the script makes text and never markup.
 *
 * @throws UsageError for options that there are none of, and for `classes` that no row has a label of
 */
export function reportHtml(report: ReportData, options: HtmlOptions = {}): string {
  checkOptions("toHtml", options, OPTIONS);
  rowsOption("toHtml", options);
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(PAGE_SCRIPT)}`,
    `style-src ${hashOf(PAGE_STYLE)}`,
    "base-uri 'none'",
    "form-action 'none'",
    // Text that the script would make markup of by mistake makes it fail instead.
    "require-trusted-types-for 'script'",
  ].join("; ");
  const title = htmlText(`${report.name}: ${report.score.toFixed(2)}`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<header><h1>${title}</h1></header>
<main id="report"><noscript>The figures and rows of this report are shown by the script that it carries.</noscript></main>
<script type="application/json" id="data">${jsonInHtml(pageData(report, options))}</script>
<script>${PAGE_SCRIPT}</script>
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
