// Tasks: work on the side, three at a time; one crashes, one takes too long, and the rest is delivered in order.
import { actorName, behaviour, formatReason, startSystem, task, worker, type CallOf, type Protocol } from "dspex";
import { bar, timeline } from "./timeline.ts";

interface Page {
  readonly name: string;
  readonly ms: number;
  readonly broken?: boolean;
}

const PAGES: readonly Page[] = [
  { name: "home", ms: 60 },
  { name: "prices", ms: 140 },
  { name: "about", ms: 40 },
  { name: "news", ms: 50, broken: true },
  { name: "archive", ms: 60_000 },
  { name: "contact", ms: 70 },
  { name: "jobs", ms: 30 },
  { name: "legal", ms: 50 },
];

interface CrawlerProtocol extends Protocol {
  call: CallOf<{ type: "crawl" }, number>;
  cast: never;
  info: never;
}

/** When each page's task began and ended. */
const spans = new Map<string, { from: number; to: number }>();

const crawler = behaviour<undefined, undefined, CrawlerProtocol>({
  name: "crawler",
  init: () => ({ state: undefined }),
  async handleCall(_state, _request, _from, self) {
    const fetched = task.asyncStream(
      self,
      PAGES,
      async ({ name, ms, broken }, me) => {
        const span = { from: performance.now() - began, to: 0 };
        spans.set(name, span);
        // Comes at the task's end, whatever end that is.
        me.signal.addEventListener("abort", () => (span.to = performance.now() - began));
        await me.sleep(ms);
        if (broken === true) throw new Error("404");
        return `${name}: ${ms * 10} bytes`;
      },
      // Not linked: a task's crash is a result, and not the crawler's end.
      { maxConcurrency: 3, timeoutMs: 500, onTimeout: "kill_task", link: false },
    );
    let good = 0;
    let at = 0;
    for await (const result of fetched) {
      const { name = "" } = PAGES[at++] ?? {};
      show.note(name, "ok" in result ? result.ok : `no page: ${formatReason(result.exit)}`);
      if ("ok" in result) good += 1;
    }
    return { reply: good };
  },
});

const show = timeline("tasks", "Tasks", "Eight pages, three at a time, results in the order asked.");
const system = await startSystem({
  name: "tasks",
  logger: false,
  children: [worker({ id: "crawler", name: "crawler", behaviour: crawler, args: undefined })],
});
const began = performance.now();
const good = await system.runtime.call(actorName<CrawlerProtocol>("crawler"), { type: "crawl" });

show.tree(system, "crawler");
show.print(
  ...[...spans].map(
    ([name, { from, to }]) => `${name.padEnd(10)}${`${(to - from).toFixed(0)} ms`.padStart(7)}  ${bar(from, to, 12)}`,
  ),
  "",
  `${good} of ${PAGES.length} pages; the crawler that asked for them is still there`,
  "",
);
await system.stop();
show.end();
