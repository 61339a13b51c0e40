import { extname } from "node:path";
import { checkOptions, optionNames } from "../foundation/check-options.ts";
import { describe, UsageError } from "../foundation/errors.ts";
import type { AnySignature, InputsOf, OutputsOf } from "../signatures/signature-value.ts";
import { CSV } from "./data/csv-rows.ts";
import { badRowText, DatasetError } from "./data/dataset-error.ts";
import type { BadRow } from "./data/dataset-error.ts";
import type { RowFormat } from "./data/file-row.ts";
import { idTally } from "./data/id-tally.ts";
import { JSON_LIST } from "./data/json-rows.ts";
import { JSONL } from "./data/jsonl-rows.ts";
import { PARQUET } from "./data/parquet-rows.ts";
import { readExample } from "./data/read-example.ts";
import type { ExampleReader } from "./data/read-example.ts";
import type { Example } from "./example.ts";
import { setOf } from "./example-set.ts";
import type { ExampleSet } from "./example-set.ts";

export interface ExamplesOptions {
  /**
   * The column of the examples' ids, which must be distinct. Default: `id`, if there is one that is no field; a row without
   * an id has its digest for one.
   */
  readonly id?: string;
}

export interface LoadOptions<Of extends AnySignature = AnySignature> extends ExamplesOptions {
  /** What the columns are: its inputs must be there, its outputs are the labels that may be. */
  readonly signature: Of;
  /**
   * Told of each row that is no example, which is then left out. What it throws ends the reading. Default: the first one
   * does.
   */
  readonly onBadRow?: (bad: BadRow) => void;
}

const LOAD = optionNames<LoadOptions>({ signature: true, id: true, onBadRow: true });
const EXAMPLES = optionNames<ExamplesOptions>({ id: true });

const FORMATS: ReadonlyMap<string, RowFormat> = new Map([
  [".jsonl", JSONL],
  [".json", JSON_LIST],
  [".csv", CSV],
  [".parquet", PARQUET],
]);

/**
 * The examples in a file, by the signature's types: `.jsonl`, `.json` (a list of objects), `.csv`, or `.parquet` (with the
 * package hyparquet).
 *
 *     const devset = await loadExamples("dev.jsonl", { signature: qa });
 *
 * Columns that are no fields become tags; one that looks like a misspelt field is refused. Inputs are checked as a call
 * checks them. Labels may be missing (null, or an empty cell): `devset.unlabelled` says which. In a CSV file the signature
 * says what a cell is: lists and objects are JSON in it, and a text is taken as it stands.
 *
 * @throws DatasetError `unreadable`, `bad_row` that names file, line and field, or `no_examples` (rejects)
 * @throws UsageError for options that do not exist, another kind of file, and a package that is not installed (rejects)
 */
export async function loadExamples<const Of extends AnySignature>(
  path: string,
  options: LoadOptions<Of>,
): Promise<ExampleSet<InputsOf<Of>, OutputsOf<Of>>> {
  const read = openExamples("loadExamples", path, options);
  const examples: Example<InputsOf<Of>, OutputsOf<Of>>[] = [];
  for await (const example of read()) examples.push(example);
  if (examples.length === 0)
    throw new DatasetError("no_examples", `${path}: there are no examples in it`, { file: path });
  return setOf(examples, outputsOf(options.signature));
}

/**
 * The same, one after the other: a file may be larger than memory, which holds little more than the row that is read (of a
 * `.parquet` file a row group), and at most 32 bytes for each row by which equal ones are told apart. Each iteration
 * reads the file anew.
 *
 * @throws UsageError at once, as {@link loadExamples} does, and for `.json`, which is one value and is read whole
 * @throws DatasetError `unreadable` or `bad_row`, to whoever iterates
 */
export function streamExamples<const Of extends AnySignature>(
  path: string,
  options: LoadOptions<Of>,
): AsyncIterable<Example<InputsOf<Of>, OutputsOf<Of>>> {
  const read = openExamples("streamExamples", path, options);
  if (!formatOf("streamExamples", path).streams)
    throw new UsageError(
      `streamExamples: ${path} is one value, and is read whole by loadExamples; lines of .jsonl are not`,
    );
  return Object.freeze({ [Symbol.asyncIterator]: () => read() });
}

/** A row in code: fields of the signature, an id where there is one, and tags. */
export type ExampleRow<Of extends AnySignature> = InputsOf<Of> &
  Partial<OutputsOf<Of>> & { readonly [column: string]: unknown };

/**
 * A set of examples from values in code; what else a row holds are its tags.
 *
 *     const devset = examples(qa, [{ question: "1 + 1?", answer: "2", level: "easy" }]);
 *
 * @throws UsageError for a row that does not fit the signature, which names row and field
 */
export function examples<const Of extends AnySignature>(
  signature: Of,
  rows: Iterable<ExampleRow<Of>>,
  options: ExamplesOptions = {},
): ExampleSet<InputsOf<Of>, OutputsOf<Of>> {
  checkOptions("examples", options, EXAMPLES);
  const reader = readerOf("examples", signature, options, false);
  const made = [...rows].map((row: unknown, index) => {
    const read =
      typeof row === "object" && row !== null && !Array.isArray(row)
        ? readExample(reader, new Map<string, unknown>(Object.entries(row)))
        : ({ ok: false, problem: `expected an object, got ${describe(row)}` } as const);
    // Its inputs and labels are those of the signature, which has checked them.
    if (read.ok) return read.example as Example<InputsOf<Of>, OutputsOf<Of>>;
    const field = "field" in read ? `, field "${read.field}"` : "";
    throw new UsageError(`examples: row ${index + 1}${field}: ${read.problem}`);
  });
  return setOf(made, outputsOf(signature));
}

/** @throws UsageError */
function openExamples<Of extends AnySignature>(
  what: string,
  path: string,
  options: LoadOptions<Of>,
): () => AsyncGenerator<Example<InputsOf<Of>, OutputsOf<Of>>> {
  checkOptions(what, options, LOAD);
  if (typeof path !== "string" || path === "") throw new UsageError(`${what}: expected a path, got ${describe(path)}`);
  const { signature, onBadRow } = options;
  if (onBadRow !== undefined && typeof onBadRow !== "function")
    throw new UsageError(`${what}: onBadRow must be a function, got ${describe(onBadRow)}`);
  const format = formatOf(what, path);
  readerOf(what, signature, options, format.cells);
  return async function* read() {
    const reader = readerOf(what, signature, options, format.cells);
    for await (const { row, line, ...rest } of format.rows(path)) {
      const found =
        "problem" in rest ? ({ ok: false, problem: rest.problem } as const) : readExample(reader, rest.values);
      // Its inputs and labels are those of the signature, which has checked them.
      if (found.ok) yield found.example as Example<InputsOf<Of>, OutputsOf<Of>>;
      else {
        const { ok: _, ...about } = found;
        const bad: BadRow = Object.freeze({ file: path, row, ...(line !== undefined && { line }), ...about });
        if (onBadRow === undefined) throw new DatasetError("bad_row", badRowText(bad), bad);
        onBadRow(bad);
      }
    }
  };
}

function formatOf(what: string, path: string): RowFormat {
  const format = FORMATS.get(extname(path).toLowerCase());
  if (format !== undefined) return format;
  throw new UsageError(
    `${what}: expected a file that ends in ${[...FORMATS.keys()].join(", ")}, got ${describe(path)}`,
  );
}

function readerOf(what: string, signature: AnySignature, { id }: ExamplesOptions, cells: boolean): ExampleReader {
  if (typeof signature !== "object" || signature === null || signature.kind !== "signature")
    throw new UsageError(`${what}: expected a signature, got ${describe(signature)}`);
  if (id !== undefined && (typeof id !== "string" || id === ""))
    throw new UsageError(`${what}: id must be a column's name, got ${describe(id)}`);
  return { signature, fields: new Set(signature.fields.map(({ name }) => name)), id, cells, ids: idTally() };
}

function outputsOf({ outputFields }: AnySignature): readonly string[] {
  return outputFields.map(({ name }) => name);
}
