import type { LmError, LmFailureCode } from "../failure.ts";

/**
 * A provider has turned calls down for a reason that lies with the account and not with the call: every further one fails,
 * until a person acts. Plain data.
 */
export interface StandingRefusal {
  /** `auth`: the key is wrong; `permission`: the key may not do this; `insufficient_quota`: the account has run out. */
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
  /** A call was answered. Gives the refusal that this has ended. */
  answered(): StandingRefusal | undefined;
  /**
   * Gives the refusal that has begun with it; undefined where one stands already, or where it is none.
   *
   * @param at milliseconds since 1970
   */
  failed(failure: LmError, at: number): StandingRefusal | undefined;
}

export function watchRefusals(): RefusalWatch {
  let standing: StandingRefusal | undefined;
  return Object.freeze({
    get standing() {
      return standing;
    },
    answered(): StandingRefusal | undefined {
      const over = standing;
      standing = undefined;
      return over;
    },
    failed({ code, status }: LmError, at: number): StandingRefusal | undefined {
      if (!isStanding(code)) return undefined;
      const { since = at, times = 0 } = standing ?? {};
      standing = Object.freeze({ code, ...(status !== undefined && { status }), since, times: times + 1 });
      return times === 0 ? standing : undefined;
    },
  });
}

/** What is refused, as people read it: `its key is refused (auth, 401)`. */
export function refusalText({ code, status }: Pick<StandingRefusal, "code" | "status">): string {
  const why = code === "insufficient_quota" ? "its account has run out" : "its key is refused";
  return `${why} (${status === undefined ? code : `${code}, ${status}`})`;
}

function isStanding(code: LmFailureCode): code is StandingCode {
  return code === "auth" || code === "permission" || code === "insufficient_quota";
}
