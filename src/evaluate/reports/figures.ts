import type { PartialReason, ReportData } from "../report.ts";

const PARTIAL: Readonly<Record<PartialReason, string>> = {
  cancelled: "it was cancelled",
  errors: "more trials failed than maxErrors allows",
  budget: "the budget was spent",
  journal: "the journal could not be written",
  dry_run: "it was only estimated",
};

/** What a report says in figures, for people: what it is about, and what. Texts in it are of the program's author. */
export function figuresOf(report: ReportData): readonly (readonly [about: string, text: string])[] {
  const { interval, trials, examples, usage, latency, recorded, partial, spread } = report;
  const failed = Object.entries(report.failureCodes).map(([code, count]) => `${code} ${counted(count)}`);
  const metrics = Object.entries(report.scores ?? {}).map(([name, mean]) => `${name} ${shortNumber(mean)}`);
  const figures: (readonly [string, string | undefined | false])[] = [
    ["score", `${report.score.toFixed(2)}${interval ? ` (${percent(interval.level)}: ${bounds(interval)})` : ""}`],
    ["partial", partial && `not all trials were made: ${PARTIAL[partial]}`],
    ["metrics", metrics.join(", ")],
    ["trials", trials === examples ? counted(trials) : `${counted(trials)} of ${counted(examples)} examples`],
    ["spread", spread !== undefined && `${shortNumber(spread)} (standard deviation of an example's scores)`],
    ["failures", failed.length > 0 && `${counted(report.failures.length)} (${failed.join(", ")})`],
    ["usage", usageText(usage)],
    ["time", `${duration(report.ms)}${latency ? `; a trial ${latencyText(latency)}` : ""}`],
    [
      "recorded",
      recorded.predictions > 0 &&
        `${counted(recorded.predictions)} predictions and ${counted(recorded.scores)} scores are from the journal`,
    ],
    ...report.notes.map((note) => ["note", note] as const),
  ];
  return figures.filter((figure): figure is [string, string] => typeof figure[1] === "string" && figure[1] !== "");
}

export interface FailureGroup {
  readonly code: string;
  readonly count: number;
  /** Of the first one. */
  readonly example: string;
  readonly message: string;
}

/** By kind, the most frequent first. */
export function failureGroups({ failures, failureCodes }: ReportData): readonly FailureGroup[] {
  return Object.entries(failureCodes).map(([code, count]) => {
    const first = failures.find(({ error }) => (error?.code ?? "") === code);
    return { code, count, example: first?.example.id ?? "", message: first?.error?.message ?? "" };
  });
}

/** The report in one line. */
export function headline(report: ReportData): string {
  const texts = new Map(figuresOf(report));
  const parts = ["failures", "usage"].flatMap((about) => {
    const text = texts.get(about);
    return text === undefined ? [] : [about === "failures" ? `failures: ${text}` : text];
  });
  const partial = report.partial === undefined ? [] : [`partial (${report.partial})`];
  const said = [
    `score ${texts.get("score")}`,
    `trials: ${texts.get("trials")}`,
    ...parts,
    duration(report.ms),
    ...partial,
  ];
  return `${report.name}: ${said.join(", ")}`;
}

/** What was asked, and what it cost as far as that is known. */
export function usageText({ lmCalls, totalTokens, usd }: ReportData["usage"]): string {
  const cost = usd > 0 ? `, ${dollars(usd)}` : "";
  return `${counted(lmCalls)} LM ${lmCalls === 1 ? "call" : "calls"}, ${counted(totalTokens)} tokens${cost}`;
}

function latencyText({ p50, p90, p99, max }: NonNullable<ReportData["latency"]>): string {
  return `${duration(p50)} (median), p90 ${duration(p90)}, p99 ${duration(p99)}, at most ${duration(max)}`;
}

function bounds({ low, high }: { readonly low: number; readonly high: number }): string {
  return `${(100 * low).toFixed(2)} to ${(100 * high).toFixed(2)}`;
}

function percent(share: number): string {
  return `${shortNumber(100 * share)}%`;
}

export function counted(count: number): string {
  return count.toLocaleString("en-US");
}

/** With up to four digits behind the point, and no more than it has. */
export function shortNumber(value: number): string {
  return String(Number(value.toFixed(4)));
}

export function dollars(usd: number): string {
  return `$${usd.toFixed(usd >= 1 ? 2 : 4)}`;
}

export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${seconds % 60} s`;
}
