import type { LmError, LmFailureCode } from "../../lm/failure.ts";

/**
 * The provider has turned calls down for a reason that lies with the account and not with the call: every further one fails,
 * until a person acts. Plain data.
 */
export interface StandingRefusal {
  readonly code: StandingCode;
  /** HTTP status of the last one, where there was one. */
  readonly status?: number;
  /** The first of them: milliseconds since 1970. */
  readonly since: number;
  /** Calls that ended so since then, with no answer between them. */
  readonly times: number;
}

/** What no other call, and no waiting, mends. */
export type StandingCode = "auth" | "permission" | "insufficient_quota";

/** Of one client: what its provider refuses, until a call is answered. */
export interface RefusalWatch {
  /** Undefined: the last that is known of it is an answer, or nothing. */
  readonly standing: StandingRefusal | undefined;
  /** A call was answered. */
  answered(): void;
  /** @param at milliseconds since 1970 */
  failed(failure: LmError, at: number): void;
}

export function watchRefusals(): RefusalWatch {
  let standing: StandingRefusal | undefined;
  return Object.freeze({
    get standing() {
      return standing;
    },
    answered(): void {
      standing = undefined;
    },
    failed({ code, status }: LmError, at: number): void {
      if (!isStanding(code)) return;
      const { since = at, times = 0 } = standing ?? {};
      standing = Object.freeze({ code, ...(status !== undefined && { status }), since, times: times + 1 });
    },
  });
}

function isStanding(code: LmFailureCode): code is StandingCode {
  return code === "auth" || code === "permission" || code === "insufficient_quota";
}
