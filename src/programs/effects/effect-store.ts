/** Which effect of which run. */
export interface EffectKey {
  /** The run's id, as its caller gave it. */
  readonly run: string;
  /** The effect's path, kind and input (a digest), and a count among equals of that path: the same in each life of the run. */
  readonly id: string;
}

/**
 * Where a run's effects are kept, so that a later life of the same run goes on from them (a port: in memory, a file, a
 * database). What is kept is plain JSON, a record of the kind `"step"`.
 */
export interface EffectStore {
  /** What was recorded for it, or a promise of that; undefined: it has not been performed, as far as anybody knows. */
  find(key: EffectKey): unknown;
  /**
   * Keeps it. Resolves when it will be found after a crash: its result is seen only then.
   * Rejects where it could not be kept: the effect fails with that, since a later life would perform it again.
   */
  record(key: EffectKey, step: unknown): Promise<void>;
}

/** A store that lasts as long as the process: for tests, and for runs that are tried again within one. */
export function memoryEffects(): EffectStore {
  const steps = new Map<string, string>();
  const nameOf = ({ run, id }: EffectKey): string => `${run}\n${id}`;
  return Object.freeze({
    find(key: EffectKey): unknown {
      const text = steps.get(nameOf(key));
      return text === undefined ? undefined : JSON.parse(text);
    },
    // As text: what is kept is what another process would read.
    async record(key: EffectKey, step: unknown): Promise<void> {
      steps.set(nameOf(key), JSON.stringify(step));
    },
  });
}
