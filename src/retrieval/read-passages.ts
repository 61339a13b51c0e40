import { checkNumber, checkOptions, optionNames, WHOLE_ABOVE_0 } from "../foundation/check-options.ts";
import { describe, UsageError } from "../foundation/errors.ts";
import { checkDocuments, type Documents, givenTexts, readFiles, type SourceText } from "./read-documents.ts";
import { splitPassages } from "./split-passages.ts";

export interface DocumentOptions {
  /**
   * A glob of text files, which are read when the index is opened and cut into passages; or the passages themselves, each
   * taken as it is.
   */
  readonly documents: Documents;
  /** Characters that a passage of a file has at most, its heading not counted; default 1,000. */
  readonly passageLength?: number | undefined;
}

const DEFAULT_PASSAGE_LENGTH = 1_000;

const OPTIONS = optionNames<DocumentOptions>({ documents: true, passageLength: true });

/**
 * The passages that an index is to hold, as a function that reads them; it rejects with UsageError, in one line, when no
 * file matches, one cannot be read, or there is no text in any.
 * @param others names of the options that are not about documents
 * @throws UsageError for options that make no sense
 */
export function passageReader(
  what: string,
  options: DocumentOptions,
  others: readonly string[] = [],
): (signal?: AbortSignal) => Promise<readonly SourceText[]> {
  checkOptions(what, options, [...OPTIONS, ...others]);
  const { documents, passageLength = DEFAULT_PASSAGE_LENGTH } = options;
  checkDocuments(what, documents);
  checkNumber(what, "passageLength", passageLength, WHOLE_ABOVE_0);
  if (typeof documents !== "string") {
    const given = givenTexts(what, documents);
    return () => Promise.resolve(given);
  }
  return async (signal) => {
    const files = await readFiles(what, documents, signal);
    const passages = files.flatMap(({ text, source }) =>
      splitPassages(text, passageLength).map((passage) => ({ text: passage, source })),
    );
    if (passages.length === 0) throw new UsageError(`${what}: there is no text in the files of ${describe(documents)}`);
    return passages;
  };
}
