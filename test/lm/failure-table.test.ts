import { beforeAll, describe, expect, test } from "vitest";
import type { FailedTry } from "../../src/lm/retry/retry.ts";
import { FAULT_GROUPS } from "./failure-table/faults.ts";
import { RETRY, playFault } from "./failure-table/play-fault.ts";
import { writePage } from "./failure-table/write-page.ts";
import type { PlayedFault } from "./failure-table/write-page.ts";

const FAULTS = FAULT_GROUPS.flatMap(({ faults }) => faults);
const ALWAYS = Infinity;

describe("the failure table", () => {
  const bare = new Map<string, PlayedFault>();

  beforeAll(async () => {
    for (const { name, reply } of FAULTS) {
      bare.set(name, {
        once: await playFault({ reply, times: 1, how: "bare" }),
        always: await playFault({ reply, times: ALWAYS, how: "bare" }),
      });
    }
  }, 120_000);

  test("is what docs/failures.md says", async () => {
    await expect(writePage(FAULT_GROUPS, bare)).toMatchFileSnapshot("../../docs/failures.md");
  });

  test.each(FAULTS)("$name: the same under a system", async ({ name, reply }) => {
    const expected = bare.get(name);
    for (const [how, times] of [
      ["once", 1],
      ["always", ALWAYS],
    ] as const) {
      const { failure: _, ...played } = await playFault({ reply, times, how: "supervised" });
      const { failure: __, ...wanted } = expected?.[how] ?? { failure: undefined };
      expect(played).toEqual(wanted);
    }
  });

  const others = [
    { api: "responses", streamed: false },
    { api: "chat", streamed: true },
    { api: "responses", streamed: true },
  ] as const;
  describe.each(others)("asked over $api, streamed: $streamed", (asked) => {
    test.each(FAULTS)("$name: the same", async ({ name, reply }) => {
      const expected = bare.get(name);
      const once = await playFault({ reply, times: 1, how: "bare", ...asked });
      const always = await playFault({ reply, times: ALWAYS, how: "bare", ...asked });
      const outcomes = [once, always].map(({ requests, waits, outcome }) => ({ requests, waits, outcome }));
      const wanted = [expected?.once, expected?.always].map((played) => ({
        requests: played?.requests,
        waits: played?.waits,
        outcome: played?.outcome,
      }));
      expect(outcomes).toEqual(wanted);
    });
  });

  test("each failure says who failed, how often it was tried, and what each try cost", () => {
    for (const { once, always } of bare.values()) {
      for (const { failure, requests } of [once, always]) {
        if (failure === undefined) continue;
        expect(failure).toMatchObject({ provider: "openai", details: { attempts: requests } });
        expect(failure.details["tries"]).toHaveLength(requests);
        for (const each of failure.details["tries"] as readonly FailedTry[]) {
          // Whatever came with its tokens counted.
          const answered = ["unparsable_output", "cut_off"].includes(failure.code);
          expect((each.usage?.inputTokens ?? 0) > 0 || !answered).toBe(true);
          expect(each).toMatchObject({ code: failure.code, ms: expect.any(Number) as number });
        }
      }
    }
  });

  test("a request id goes with each failure of an answer that had begun", () => {
    const begun = [
      "500",
      "429",
      "reset in the middle of the answer",
      "JSON that breaks off",
      "the answer stops in the middle",
    ];
    for (const name of begun) expect(bare.get(name)?.always.failure?.requestId, name).toMatch(/^req-\d+$/);
  });
});

describe("one doomed call makes exactly its attempts", () => {
  test.each(["500", "429, `retry-after: 1`", "reset before the answer"])("%s", async (name) => {
    const reply = FAULTS.find((fault) => fault.name === name)?.reply ?? "unknown";
    for (const how of ["bare", "supervised"] as const) {
      expect((await playFault({ reply, times: ALWAYS, how })).requests).toBe(RETRY.maxAttempts);
    }
  });
});

test("a stalled body ends at its deadline", async () => {
  const played = await playFault({ reply: { fault: "stall_in_body" }, times: 1, how: "supervised" });
  expect(played).toMatchObject({ requests: 2, outcome: "answered", ms: 2_000 + 250 });
});
