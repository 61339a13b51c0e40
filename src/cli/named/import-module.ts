import { pathToFileURL } from "node:url";

/** The one place where a module is loaded that its user names: no other file of the library loads any. @param path absolute */
export async function importModule(path: string): Promise<Readonly<Record<string, unknown>>> {
  // A module's namespace: what each export is, whoever uses it looks at.
  return (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>>;
}
