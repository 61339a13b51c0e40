import { normalizeText } from "../evaluate/metrics/text-scores.ts";
import { UsageError } from "../foundation/errors.ts";

/**
 * The prediction whose value most others have (DSPy's `majority`): of equally many the earliest. Texts count as equal once they
 * are normalised: case, ASCII punctuation, English articles and white space aside. One with nothing left does not vote, unless
 * all are so.
 *
 * What it returns throws UsageError for a field that none of the predictions has.
 *
 * @param field whose values are counted; default the last one of each
 */
export function majority<Outputs extends object>(
  field?: keyof Outputs & string,
): (predictions: readonly Outputs[]) => Outputs {
  return Object.assign(
    (predictions: readonly Outputs[]): Outputs => {
      if (field !== undefined && !predictions.some((each) => Object.hasOwn(each, field)))
        throw new UsageError(
          `majority: no prediction has the field "${field}"; they have ${Object.keys(predictions[0] ?? {}).join(", ") || "none"}`,
        );
      const votes = predictions.map((each) => voteOf(each, field));
      const counted = votes.some((vote) => vote !== "") ? votes.filter((vote) => vote !== "") : votes;
      const count = (vote: string): number => counted.filter((each) => each === vote).length;
      const most = Math.max(...counted.map(count));
      // There is one, as those that are counted are among the votes.
      const winner = counted.find((vote) => count(vote) === most) as string;
      return predictions[votes.indexOf(winner)] as Outputs;
    },
    { version: 1, settings: { field: field ?? null } },
  );
}

function voteOf(prediction: object, field: string | undefined): string {
  const name = field ?? Object.keys(prediction).at(-1) ?? "";
  const value = (prediction as Readonly<Record<string, unknown>>)[name];
  return normalizeText(typeof value === "string" ? value : (JSON.stringify(value) ?? ""));
}
