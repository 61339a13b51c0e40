/**
 * So many trials at once, first come first served; while it is shut, none is begun. With those that are over and not safe yet they are
 * twice as many at most: a crash loses no more, however slow the disk is.
 */
export interface TrialLanes {
  enter(): Promise<void>;
  leave(): void;
  /** @param kept resolves when what a trial came to is safe */
  unsafe(kept: Promise<void>): void;
  /** Sets how many. At first none. */
  widen(count: number): void;
  shut(): void;
  open(): void;
  /** Trials inside. */
  readonly busy: number;
}

export function trialLanes(): TrialLanes {
  let count = 0;
  const waiting: (() => void)[] = [];
  let first = 0;
  let busy = 0;
  let unsafe = 0;
  const gate = { isShut: false };
  const hasRoom = (): boolean => !gate.isShut && busy < count && busy + unsafe < 2 * count;
  const next = (): void => {
    while (hasRoom() && first < waiting.length) {
      busy += 1;
      waiting[first]?.();
      first += 1;
    }
    if (first < 1_000 && first < waiting.length) return;
    waiting.splice(0, first);
    first = 0;
  };
  return Object.freeze({
    enter() {
      return new Promise<void>((resolve) => {
        waiting.push(resolve);
        next();
      });
    },
    leave() {
      busy -= 1;
      next();
    },
    unsafe(kept: Promise<void>) {
      unsafe += 1;
      void kept.then(() => {
        unsafe -= 1;
        next();
      });
    },
    widen(to: number) {
      count = to;
      next();
    },
    shut() {
      gate.isShut = true;
    },
    open() {
      gate.isShut = false;
      next();
    },
    get busy() {
      return busy;
    },
  } satisfies TrialLanes);
}
