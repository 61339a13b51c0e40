/**
 * The same promise, which ends no process when it rejects before anybody has got round to awaiting it
 * (`const a = one(x); await two(y); await a`): its awaiter still hears of it. For promises that are handed to code
 * whose own outcome is told: that of a run.
 */
export function heard<T>(promise: Promise<T>): Promise<T> {
  promise.catch(NOTHING);
  return promise;
}

// One for all: there is a promise for each call of each part.
const NOTHING = (): void => {};
