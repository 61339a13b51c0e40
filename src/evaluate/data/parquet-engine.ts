import type * as Engine from "hyparquet";
import { asError, UsageError } from "../../foundation/errors.ts";

/** The only file that imports hyparquet, an optional peer: at run time when a file is opened, and its types. */
export type { FileMetaData } from "hyparquet";

export type ParquetEngine = typeof Engine;

/** @throws UsageError when the package is not installed, with the command that installs it */
export async function importParquetEngine(): Promise<ParquetEngine> {
  try {
    return await import("hyparquet");
  } catch (thrown) {
    const error = asError(thrown);
    const missing = (error as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND";
    throw new UsageError(
      missing
        ? "a .parquet file needs the package hyparquet, which is not installed: npm install hyparquet@1.33.0"
        : `hyparquet cannot be loaded: ${error.message.split("\n")[0]}`,
      { cause: thrown },
    );
  }
}
