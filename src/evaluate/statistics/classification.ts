/** How well one class was told from the others. */
export interface ClassScores {
  /** Of what was called so, the share that is; 0 where nothing was. */
  readonly precision: number;
  /** Of what is so, the share that was called so; 0 where nothing is. */
  readonly recall: number;
  readonly f1: number;
  /** How many are so. */
  readonly support: number;
}

export interface ClassificationReport {
  /** The share that was told right, from 0 to 1; what has no answer is wrong. */
  readonly accuracy: number;
  /** The mean F1 of all classes, of those that were only predicted too. */
  readonly macroF1: number;
  /** By class. */
  readonly classes: Readonly<Record<string, ClassScores>>;
  readonly confusion: ConfusionMatrix;
}

export interface ConfusionMatrix {
  /** In order of their names. */
  readonly labels: readonly string[];
  /** `counts[i][j]`: how often what is `labels[i]` was called `labels[j]`. */
  readonly counts: readonly (readonly number[])[];
  /** How often what is `labels[i]` was not called anything. */
  readonly unanswered: readonly number[];
}

/**
 * What a classifier gets right and what it takes for what, from pairs of the right class and the one that was said
 * (undefined or null: there was no answer). Counts as scikit-learn does, where a division by 0 gives 0.
 */
export function classificationReport(
  pairs: Iterable<readonly [expected: string, predicted: string | null | undefined]>,
): ClassificationReport {
  const list = [...pairs];
  const names = new Set(list.flatMap(([expected, predicted]) => [expected, predicted ?? expected]));
  const labels = [...names].toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const places = new Map(labels.map((label, index) => [label, index]));
  const counts = labels.map(() => labels.map(() => 0));
  const unanswered = labels.map(() => 0);
  for (const [expected, predicted] of list) {
    const row = places.get(expected) ?? 0;
    const column = predicted === null || predicted === undefined ? undefined : places.get(predicted);
    if (column === undefined) unanswered[row] = (unanswered[row] ?? 0) + 1;
    else counts[row]![column] = (counts[row]?.[column] ?? 0) + 1;
  }
  const scores = labels.map((_, index) => classScores(counts, unanswered, index));
  const right = labels.reduce((sum, _, index) => sum + (counts[index]?.[index] ?? 0), 0);
  return Object.freeze({
    accuracy: ratio(right, list.length),
    macroF1: ratio(
      scores.reduce((sum, { f1 }) => sum + f1, 0),
      scores.length,
    ),
    classes: Object.freeze(Object.fromEntries(labels.map((label, index) => [label, scores[index]!]))),
    confusion: Object.freeze({
      labels: Object.freeze(labels),
      counts: Object.freeze(counts.map((row) => Object.freeze(row))),
      unanswered: Object.freeze(unanswered),
    }),
  });
}

function classScores(
  counts: readonly (readonly number[])[],
  unanswered: readonly number[],
  index: number,
): ClassScores {
  const right = counts[index]?.[index] ?? 0;
  const called = counts.reduce((sum, row) => sum + (row[index] ?? 0), 0);
  const support = (counts[index] ?? []).reduce((sum, count) => sum + count, 0) + (unanswered[index] ?? 0);
  return Object.freeze({
    precision: ratio(right, called),
    recall: ratio(right, support),
    f1: ratio(2 * right, called + support),
    support,
  });
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
