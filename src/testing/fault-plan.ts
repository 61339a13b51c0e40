import { checkOptions, optionNames } from "../foundation/check-options.ts";
import { UsageError, describe } from "../foundation/errors.ts";
import { seededRandom } from "../foundation/random.ts";
import type { HttpErrorReply, ServerFault, ServerReply } from "./openai-reply.ts";
import { SERVER_FAULTS, errorReply } from "./openai-reply.ts";

/** Statuses that a plan can answer with, beside what it does to connections and contents. */
const STATUS_FAULTS = Object.freeze({
  /** 429, with the plan's `rateLimitHeaders`. */
  rate_limited: 429,
  /** 500. */
  server_error: 500,
  /** 503, with the plan's `overloadedHeaders`. */
  overloaded: 503,
});

export type PlannedFault = ServerFault | keyof typeof STATUS_FAULTS;

/** Every fault that a plan can have, by name. */
export const PLANNED_FAULTS: readonly PlannedFault[] = Object.freeze([
  // The table's keys are its type's.
  ...(Object.keys(STATUS_FAULTS) as (keyof typeof STATUS_FAULTS)[]),
  ...SERVER_FAULTS,
]);

export interface FaultPlanOptions {
  /** The share of requests that each fault befalls, from 0 to 1; together at most 1. */
  readonly rates: Readonly<Partial<Record<PlannedFault, number>>>;
  /** The same seed gives the same faults, in the order in which requests come. Default 1. */
  readonly seed?: number;
  /** Sent with each `rate_limited`. Default: `retry-after: 1`, and `x-ratelimit-*` that say no request is left. */
  readonly rateLimitHeaders?: Readonly<Record<string, string>>;
  /** Sent with each `overloaded`. Default: none. */
  readonly overloadedHeaders?: Readonly<Record<string, string>>;
}

const OPTIONS = optionNames<FaultPlanOptions>({
  rates: true,
  seed: true,
  rateLimitHeaders: true,
  overloadedHeaders: true,
});

/** What befalls one request after the other, drawn from a seed. */
export interface FaultPlan {
  /** Draws for the next request: what it gets instead of its reply, if anything. */
  next(): PlannedFault | undefined;
  readonly rateLimitHeaders: Readonly<Record<string, string>>;
  readonly overloadedHeaders: Readonly<Record<string, string>>;
}

const NO_REQUEST_LEFT = Object.freeze({
  "retry-after": "1",
  "x-ratelimit-limit-requests": "60",
  "x-ratelimit-remaining-requests": "0",
  "x-ratelimit-reset-requests": "1s",
});

/** @throws UsageError for a fault that there is none of, and for rates that are no shares of a whole */
export function faultPlan(options: FaultPlanOptions): FaultPlan {
  checkOptions("faults", options, OPTIONS);
  const { rates, seed = 1, rateLimitHeaders = NO_REQUEST_LEFT, overloadedHeaders = {} } = options;
  // The keys are checked right below.
  const entries = Object.entries(rates) as [PlannedFault, number][];
  for (const [name, rate] of entries) {
    if (!PLANNED_FAULTS.includes(name)) {
      throw new UsageError(`faults: there is no fault "${name}"; there are ${PLANNED_FAULTS.join(", ")}`);
    }
    if (!(typeof rate === "number" && rate >= 0 && rate <= 1)) {
      throw new UsageError(`faults: the rate of ${name} must be from 0 to 1, got ${describe(rate)}`);
    }
  }
  const sum = entries.reduce((total, [, rate]) => total + rate, 0);
  // Rates that add up to 1 in decimals may miss it in binary.
  if (sum > 1 + 1e-9) throw new UsageError(`faults: the rates add up to ${sum}, which is more than 1`);
  const random = seededRandom(seed);
  return {
    rateLimitHeaders,
    overloadedHeaders,
    next() {
      let drawn = random.next();
      for (const [name, rate] of entries) {
        if (drawn < rate) return name;
        drawn -= rate;
      }
      return undefined;
    },
  };
}

/** What a request gets when a fault befalls it. A reply that is an error or a fault by itself stays as it is. */
export function applyFault(fault: PlannedFault, reply: ServerReply, plan: FaultPlan): ServerReply {
  if (typeof reply === "object" && ("status" in reply || "fault" in reply)) return reply;
  if (isStatusFault(fault)) return statusReply(fault, plan);
  const [first] = Array.isArray(reply) ? (reply as readonly (string | { readonly text: string })[]) : [reply];
  const text = typeof first === "object" ? (first as { readonly text: string }).text : first;
  return { fault, ...(text !== undefined && { text }) };
}

function isStatusFault(fault: PlannedFault): fault is keyof typeof STATUS_FAULTS {
  return fault in STATUS_FAULTS;
}

function statusReply(fault: keyof typeof STATUS_FAULTS, plan: FaultPlan): HttpErrorReply {
  const status = STATUS_FAULTS[fault];
  switch (fault) {
    case "rate_limited": {
      const error = errorReply(status, "Rate limit reached for requests", {
        type: "requests",
        code: "rate_limit_exceeded",
      });
      return { ...error, headers: plan.rateLimitHeaders };
    }
    case "server_error":
      return errorReply(status, "The server had an error while processing your request", { type: "server_error" });
    case "overloaded": {
      const error = errorReply(status, "The engine is currently overloaded", { type: "server_error" });
      return { ...error, headers: plan.overloadedHeaders };
    }
  }
}
