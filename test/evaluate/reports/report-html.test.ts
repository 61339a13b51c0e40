// The page as text, and as a browser shows it.
import { createHash } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Script } from "node:vm";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EvaluationReport } from "../../../src/evaluate/report.ts";
import { PAGE_SCRIPT } from "../../../src/evaluate/reports/page-script.ts";
import { writeReport } from "../../../src/evaluate/reports/write-report.ts";
import type { TraceStep } from "../../../src/programs/prediction.ts";
import { NO_USAGE } from "../../../src/lm/language-model.ts";
import { CHROMIUM } from "./browser.ts";
import { ALL_HOSTILE, failure, HOSTILE, hostileReport, reportOf } from "./made-reports.ts";

const ask = { role: "user", content: "What is asked" } as const;
const step: TraceStep = {
  kind: "predict",
  path: "self",
  inputs: {},
  exchanges: [
    { client: "lm", request: { messages: [ask] }, problem: "no field answer", ms: 1, response: said("mumble") },
    { client: "lm", request: { messages: [ask] }, ms: 1, response: said("the answer") },
  ],
  usage: NO_USAGE,
  ms: 2,
};

function said(text: string) {
  return { completions: [{ text, finishReason: "stop" as const }], usage: NO_USAGE, model: "m", id: "1" };
}

/** More rows than are shown at first; two failed, and 19 scored nothing. */
const many = reportOf(
  Array.from({ length: 210 }, (_, index) => ({
    inputs: { question: `question ${index}` },
    labels: { answer: "a" },
    tags: { level: index % 2 ? "easy" : "hard" },
    ...(index % 100 === 50
      ? {
          error: failure(`no field answer in ${index}`, { raw: "I would rather not say" }),
          // The first one was not traced.
          ...(index > 100 && { trace: [step] }),
        }
      : {
          outputs: { answer: index % 10 ? "a" : "b" },
          score: index % 10 ? 1 : 0,
          meta: { messages: [ask], trace: [step] },
        }),
  })),
  { slices: ["level"] },
);

describe("as text", () => {
  const html = hostileReport().toHtml();

  test("its policy lets run and style it what stands in it, and nothing else", () => {
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? "";
    const hash = (tag: string): string => {
      const text = new RegExp(`<${tag}>([^]*?)</${tag}>`).exec(html)?.[1] ?? "";
      expect(text.length).toBeGreaterThan(100);
      return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
    };
    expect(policy.split("; ")).toEqual([
      "default-src 'none'",
      `script-src ${hash("script")}`,
      `style-src ${hash("style")}`,
      "base-uri 'none'",
      "form-action 'none'",
      "require-trusted-types-for 'script'",
    ]);
    expect(html.indexOf("Content-Security-Policy")).toBeLessThan(html.indexOf("<title>"));
  });

  test("no text is markup, and none ends the script that holds it", () => {
    expect(html.match(/<\/?script[^>]*>/g)).toEqual([
      '<script type="application/json" id="data">',
      "</script>",
      "<script>",
      "</script>",
    ]);
    expect(html).not.toMatch(/<img|<a |href|<!--/);
  });

  test("its script can be read, and makes no markup of texts", () => {
    expect(() => new Script(PAGE_SCRIPT)).not.toThrow();
    expect(PAGE_SCRIPT).not.toMatch(/innerHTML|outerHTML|insertAdjacent|document\.write|eval|\.href|\.src\b/);
  });

  test("no option but classes", () => {
    expect(many.toHtml({ classes: "answer" })).toContain("what was taken for what");
    expect(() => many.toHtml({ rows: 3 } as never)).toThrow('toHtml: no option "rows"; there is classes');
  });
});

const where =
  CHROMIUM === undefined ? " (SKIPPED: no Chromium here; install Debian's `chromium` or set CHROMIUM_PATH)" : "";

describe.skipIf(CHROMIUM === undefined)(`in a browser${where}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "dspex-page-"));
  const trouble: string[] = [];
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    // Loaded where there is a browser: it takes a second.
    const { chromium } = await import("playwright-core");
    browser = await chromium.launch({ executablePath: CHROMIUM ?? "", args: ["--no-sandbox"] });
    page = await browser.newPage();
    page.on("console", (message) => trouble.push(message.text()));
    page.on("pageerror", (error) => trouble.push(error.message));
    page.on("request", (request) => {
      if (!request.url().startsWith("file:")) trouble.push(request.url());
    });
    page.on("dialog", (dialog) => {
      trouble.push(dialog.message());
      void dialog.dismiss();
    });
  });
  afterAll(() => browser.close());

  const open = async (report: EvaluationReport): Promise<void> => {
    trouble.length = 0;
    const path = join(folder, "page.html");
    await writeReport(path, report, { classes: "answer" });
    await page.goto(pathToFileURL(path).href);
  };
  const column = (name: string): Promise<string[]> => page.locator(`td[data-name="${name}"]`).allInnerTexts();
  const sortBy = (name: string): Promise<void> => page.locator("th button", { hasText: name }).first().click();

  test("figures, histogram, slices, classes; failures first, then the lowest scores", async () => {
    await open(many);
    expect(await page.title()).toBe("qa: 90.00");
    expect(await page.locator("dl").first().innerText()).toContain("failures\n2 (unparsable_output 2)");
    expect(await page.locator(".bars .count").allInnerTexts()).toEqual(["21", ...Array(8).fill("0"), "189"]);
    const widths = await page.locator(".bars .fill").evaluateAll((fills) => fills.map((fill) => fill.clientWidth));
    expect(widths[0]).toBeGreaterThan(0);
    expect(widths[9]).toBeGreaterThan(7 * (widths[0] ?? 0));
    const titles = await page.locator("h2").allInnerTexts();
    expect(titles).toEqual([
      "Figures",
      "Scores",
      "Failures",
      "By level",
      expect.stringContaining("Classes of answer: accuracy 0.9"),
      "answer: what was taken for what",
      "Trials",
    ]);
    expect((await column("#")).slice(0, 5)).toEqual(["51", "151", "1", "11", "21"]);
    expect((await column("score")).slice(0, 22)).toEqual([...Array(21).fill("0"), "1"]);
    expect(trouble).toEqual([]);
  });

  test("sorts by any column, up and down, and shows more rows when asked", async () => {
    await open(many);
    expect(await column("#")).toHaveLength(200);
    await page.locator("button.next").click();
    expect(await column("#")).toHaveLength(210);
    expect(await page.locator("button.next").isVisible()).toBe(false);
    await sortBy("#");
    expect((await column("#")).slice(0, 3)).toEqual(["1", "2", "3"]);
    await sortBy("#");
    expect((await column("#")).slice(0, 3)).toEqual(["210", "209", "208"]);
    await sortBy("question");
    expect((await column("question")).slice(0, 3)).toEqual(["question 0", "question 1", "question 10"]);
    expect(await page.locator('th[aria-sort="ascending"]').allInnerTexts()).toEqual(["question ↑"]);
  });

  test("what the model saw and said is behind a click", async () => {
    await open(many);
    const first = page.locator("button.open").first();
    await first.click();
    expect(await first.getAttribute("aria-expanded")).toBe("true");
    const more = page.locator("tr.more");
    expect(await more.innerText()).toContain("unparsable_output: no field answer in 50");
    expect(await more.locator("pre").allInnerTexts()).toEqual(["I would rather not say"]);
    await first.click();
    expect(await more.count()).toBe(0);
    // One that failed and was traced, and one that did not fail.
    for (const place of [1, 2]) {
      if (place === 2) await page.locator("button.open").nth(1).click();
      await page.locator("button.open").nth(place).click();
      expect(await more.locator("h3").allInnerTexts()).toEqual([
        "self (predict), lm, request 1",
        "self (predict), lm, request 2",
      ]);
    }
    expect(await more.locator("pre").allInnerTexts()).toEqual([
      "What is asked",
      "mumble",
      "no field answer",
      "What is asked",
      "the answer",
    ]);
  });

  test("texts stay texts, whatever they hold", async () => {
    await open(hostileReport());
    for (const button of await page.locator("button.open").all()) await button.click();
    const text = await page.locator("main").evaluate((main) => main.textContent);
    for (const part of [HOSTILE.script, HOSTILE.link, HOSTILE.formula]) expect(text).toContain(part);
    expect(text).toContain(String.raw`\u{1b}[2J`);
    expect(text).toContain(String.raw`user\u{202e}gnp.exe`);
    const pre = await page
      .locator("pre")
      .first()
      .evaluate((element) => element.textContent);
    expect(pre).toContain("first\nsecond\n\tthird");
    // A picture that the model was shown is told by its address.
    expect(text).toContain('{"type":"image","url":"javascript:alert(1)"}');
    expect(await page.evaluate("window.owned")).toBeUndefined();
    expect(await page.locator("img, a, iframe, main script").count()).toBe(0);
    expect(trouble).toEqual([]);
  });

  test("its policy holds: a script that came in by other ways does not run", async () => {
    await open(many);
    await page.evaluate(`(() => {
      const script = document.createElement("script");
      try { script.textContent = "window.owned = true"; } catch {}
      document.body.append(script);
    })()`);
    expect(await page.evaluate("window.owned")).toBeUndefined();
    expect(trouble.join("\n")).toMatch(/Trusted|Content Security Policy/);
  });

  test.each([
    [1280, "light", "rgb(255, 255, 255)"],
    [1280, "dark", "rgb(20, 23, 26)"],
    [380, "light", "rgb(255, 255, 255)"],
    [380, "dark", "rgb(20, 23, 26)"],
  ] as const)("%d wide and %s: nothing sticks out", async (width, colorScheme, paper) => {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme });
    await open(hostileReport());
    await page.locator("button.open").first().click();
    expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).toBe(paper);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
  });

  test("JUnit's XML is XML to a browser, whatever texts hold", async () => {
    await page.goto("about:blank");
    const xml = JSON.stringify(hostileReport().toJunit());
    const found = await page.evaluate(`(() => {
      const read = new DOMParser().parseFromString(${xml}, "text/xml");
      return ["parsererror", "testcase"].map((name) => read.querySelectorAll(name).length);
    })()`);
    expect(found).toEqual([0, 2]);
  });
});

test("the texts are hostile", () => {
  expect(ALL_HOSTILE).toContain("</script>");
});
