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
import { hostileJob, learnt, reflected, reportOf, search, student } from "./made-job.ts";

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
      "Lineage",
      "Scores by example",
      "Pareto set",
      "Best by example",
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
    const candidates = page.locator("section.rows", { has: page.locator("h2", { hasText: "Candidates" }) });
    await candidates.locator("button.open").nth(1).click();
    const more = candidates.locator("tr.more");
    expect(await more.locator("dl").first().innerText()).toContain("made into\ntry, wordy 2");
    expect(await more.locator("ins").allInnerTexts()).toEqual(["simple ", ", and nothing else"]);
    expect(await more.locator("h4").allInnerTexts()).toEqual(["1 demo, new", "1 demo, kept", "1 demo, gone"]);
    expect(await more.locator(".demo").allInnerTexts()).toEqual([
      "question: take\nanswer: took",
      "question: see\nanswer: saw",
      "question: go\nanswer: went",
    ]);
    await candidates.locator("button.open").nth(4).click();
    expect(await more.nth(1).locator(".strip rect").count()).toBe(3);
  });

  test("the lineage is a tree, with what each changed in its parent and where that came from", async () => {
    await open(reflected());
    const items = page.locator(".tree li");
    expect((await items.allInnerTexts()).map((text) => text.split("\n"))).toEqual([
      ["student", "25.00"],
      ["proposal 1", "50.00", "respond"],
      ["merge 1", "62.50", "policy (parameter); also from proposal 2"],
      ["proposal 4", "75.00", "respond"],
      ["proposal 2", "25.00", "policy (parameter)"],
      ["refused", "0.00 on some"],
    ]);
    const depths = "[...document.querySelectorAll('.tree li')].map((item) => item.style.getPropertyValue('--depth'))";
    expect(await page.evaluate(depths)).toEqual(["0", "1", "2", "3", "1", "1"]);
    await items.nth(3).locator("button").click();
    expect(await items.nth(3).locator("ins").allInnerTexts()).toEqual([" Name the city."]);
    expect(await items.nth(3).locator(".source.warned").innerText()).toContain("It was shown 2 examples: e2, e4.");
    // Prominently, where the result's texts are.
    expect(await page.locator(".chosen:not(.lineage) .source.warned").count()).toBe(2);
    expect(trouble).toEqual([]);
  });

  test("who is best where, with all scores and the best answer of an example behind a click", async () => {
    await open(reflected());
    const set = page.locator("section", { has: page.locator("h2", { hasText: "Pareto set" }) });
    expect((await set.locator("tbody tr").first().innerText()).split("\t")).toEqual(["proposal 4", "4", "0"]);
    const table = page.locator("section.rows", { has: page.locator("h2", { hasText: "Best by example" }) });
    expect(await table.locator('td[data-name="candidates"]').allInnerTexts()).toEqual([
      "proposal 1, merge 1, proposal 4",
      "proposal 2, merge 1, proposal 4",
      "student, proposal 1, proposal 4",
      "proposal 1, proposal 2, merge 1, proposal 4",
    ]);
    await table.locator("button.open").first().click();
    expect(await table.locator("tr.more dl").first().innerText()).toContain("reply\nIn Oslo.");
    expect(await table.locator("tr.more .scores dd").allInnerTexts()).toEqual(["1", "1", "1", "0", "0"]);
  });

  test("lessons, with the score before and after their step", async () => {
    await open(learnt());
    const table = page.locator("section.rows", { has: page.locator("h2", { hasText: "Lessons" }) });
    const rows = await table.locator("tbody tr").allInnerTexts();
    expect(rows.map((text) => text.replaceAll(/\s*\t\s*|\s*\n\s*/g, "\t"))).toEqual([
      "1\tstep 1\tself\t1 added\tMind vowels.\t33.33\t50\t1\tyes",
      "2\tstep 1\tself\t2 added\tBe brief.\t33.33\t50\t1\tyes",
      "3\tstep 2\tself\t1 changed\tMumble.\t50\t25\t0\tno",
      "4\tstep 3\tself\t2 deleted\tBe brief.\t50\t75\t0\tyes",
    ]);
    await table.locator("button.open").nth(2).click();
    expect(await table.locator("tr.more").innerText()).toContain("it said\nMind vowels.");
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
