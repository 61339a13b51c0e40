// The page of a job as text, and as a browser shows it.
import { createHash } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Script } from "node:vm";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeReport } from "../../../src/evaluate/reports/write-report.ts";
import { JOB_PAGE_SCRIPT } from "../../../src/teleprompters/reports/job-page-script.ts";
import type { JobReport } from "../../../src/teleprompters/reports/job-report.ts";
import { CHROMIUM } from "../../evaluate/reports/browser.ts";
import { HOSTILE } from "../../evaluate/reports/made-reports.ts";
import { hostileJob, reportOf, search, student } from "./made-job.ts";

describe("as text", () => {
  const html = hostileJob().toHtml();

  test("its policy lets run and style it what stands in it, and nothing else", () => {
    const hash = (tag: string): string => {
      const text = new RegExp(`<${tag}>([^]*?)</${tag}>`).exec(html)?.[1] ?? "";
      return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
    };
    expect(html).toContain(`default-src 'none'; script-src ${hash("script")}; style-src ${hash("style")}; base-uri`);
  });

  test("no text is markup, and none ends the script that holds it", () => {
    expect(html.match(/<\/?script[^>]*>/g)).toHaveLength(4);
    expect(html).not.toMatch(/<img|<a |href|<!--/);
    expect(() => new Script(JOB_PAGE_SCRIPT)).not.toThrow();
    expect(JOB_PAGE_SCRIPT).not.toMatch(/innerHTML|outerHTML|insertAdjacent|document\.write|eval|\.href|\.src\b/);
  });

  test("a text that many candidates share stands in it once", () => {
    const long = "An instruction that is shared. ".repeat(50);
    const program = student.with({ demos: [{ question: long, answer: "x" }] });
    const many = reportOf(
      Array.from({ length: 50 }, (_, at) => ({
        name: `c${at}`,
        program: at % 2 ? program : program.with({}),
        scores: [1],
      })),
    );
    expect(many.toHtml().split(long)).toHaveLength(2);
    expect(() => (many.toHtml as (options: object) => string)({ classes: "a" })).toThrow('no option "classes"');
  });
});

const where =
  CHROMIUM === undefined ? " (SKIPPED: no Chromium here; install Debian's `chromium` or set CHROMIUM_PATH)" : "";

describe.skipIf(CHROMIUM === undefined)(`in a browser${where}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "dspex-job-page-"));
  const trouble: string[] = [];
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    const { chromium } = await import("playwright-core");
    browser = await chromium.launch({ executablePath: CHROMIUM ?? "", args: ["--no-sandbox"] });
    page = await browser.newPage();
    page.on("console", (message) => trouble.push(message.text()));
    page.on("pageerror", (error) => trouble.push(error.message));
    page.on("request", (request) => {
      if (!request.url().startsWith("file:")) trouble.push(request.url());
    });
  });
  afterAll(() => browser.close());

  const open = async (report: JobReport): Promise<void> => {
    trouble.length = 0;
    const path = join(folder, "page.html");
    await writeReport(path, report);
    await page.goto(pathToFileURL(path).href);
    await page.locator(".plot svg").waitFor();
  };

  test("plot, lineage, scores by example, and candidates, the best first", async () => {
    await open(search());
    expect(await page.title()).toBe("nightly: 75.00");
    expect(await page.locator("h2").allInnerTexts()).toEqual([
      "Figures",
      "Scores",
      "The result, and what it changes",
      "Scores by example",
      "Candidates",
    ]);
    const counts = [".full", ".part", ".edge", ".best"].map((each) => page.locator(`.plot ${each}`).count());
    expect(await Promise.all(counts)).toEqual([4, 1, 5, 1]);
    expect(await page.locator(".strips .name").allInnerTexts()).toEqual(["wordy 2", "wordy", "student", "worse"]);
    expect(await page.locator(".strips .strip").nth(1).locator("rect").count()).toBe(12);
    expect(await page.locator(".strips .bad").count()).toBe(4);
    expect(await page.locator('td[data-name="candidate"]').allInnerTexts()).toEqual([
      "wordy 2 (best)",
      "wordy",
      "student",
      "worse",
      "try",
    ]);
    expect(trouble).toEqual([]);
  });

  test("a candidate's instructions and demos, and the difference to the program's, are behind a click", async () => {
    await open(search());
    await page.locator("button.open").nth(1).click();
    const more = page.locator("tr.more");
    expect(await more.locator("dl").first().innerText()).toContain("made into\ntry, wordy 2");
    expect(await more.locator("ins").allInnerTexts()).toEqual(["simple ", ", and nothing else"]);
    expect(await more.locator("h4").allInnerTexts()).toEqual(["1 demo, new", "1 demo, kept", "1 demo, gone"]);
    expect(await more.locator(".demo").allInnerTexts()).toEqual([
      "question: take\nanswer: took",
      "question: see\nanswer: saw",
      "question: go\nanswer: went",
    ]);
    await page.locator("button.open").nth(4).click();
    expect(await more.nth(1).locator(".strip rect").count()).toBe(3);
  });

  test.each([
    [1280, "light", "rgb(255, 255, 255)"],
    [380, "dark", "rgb(20, 23, 26)"],
  ] as const)("%d wide and %s: texts stay texts, and nothing sticks out", async (width, colorScheme, paper) => {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme });
    await open(hostileJob());
    for (const button of await page.locator("button.open").all()) await button.click();
    const text = await page.locator("main").evaluate((main) => main.textContent);
    for (const part of [HOSTILE.script, HOSTILE.link, HOSTILE.formula]) expect(text).toContain(part);
    expect(await page.evaluate("window.owned")).toBeUndefined();
    expect(await page.locator("img, a, iframe, main script").count()).toBe(0);
    expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).toBe(paper);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
    expect(trouble).toEqual([]);
  });
});
