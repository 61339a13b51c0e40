// An old Node is told what is wrong by the first module of an entry. That it gets as far as running one, no module may
// import by name what an old Node's own modules lack: that fails before anything runs, in words that nobody understands.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const SRC = join(import.meta.dirname, "..", "..", "src");

/** What Node 18 lacks, by Node's own list of changes. */
const LATER: Readonly<Record<string, RegExp>> = {
  crypto: /^(hash|getRandomUUIDv7)$/,
  fs: /^(glob|globSync|openAsBlob|mkdtempDisposableSync)$/,
  "fs/promises": /^(glob|mkdtempDisposable)$/,
  module: /^(registerHooks|enableCompileCache|findPackageJSON|stripTypeScriptTypes|constants|flushCompileCache)$/,
  process: /^(loadEnvFile|getBuiltinModule|features|availableMemory|execve|ref|unref)$/,
  tls: /^(getCACertificates|setDefaultCACertificates)$/,
  util: /^(styleText|getCallSites?|parseEnv|diff|setTraceSigInt|getSystemErrorMessage)$/,
  worker_threads: /^(postMessageToThread|isInternalThread|locks|markAsUncloneable)$/,
  zlib: /^(crc32|.*zstd.*)$/i,
};
const NEW_MODULES = /^(sqlite|sea|test\/reporters)$/;

/** Names of the imports from Node's modules that an old one lacks. */
function later(code: string): readonly string[] {
  return [...code.matchAll(/^import (?!type )([^;]*?) ?from "node:([^"]+)";/gm)].flatMap(
    ([, clause = "", from = ""]) => {
      if (NEW_MODULES.test(from)) return [from];
      const names = (/\{([^}]*)\}/.exec(clause)?.[1] ?? "")
        .split(",")
        .map((name) => name.trim().split(" as ")[0] ?? "");
      return names.filter((name) => LATER[from]?.test(name)).map((name) => `${from}.${name}`);
    },
  );
}

test("the rule sees what it is for", () => {
  expect(later('import { gunzipSync, createZstdDecompress } from "node:zlib";\n')).toEqual([
    "zlib.createZstdDecompress",
  ]);
  expect(later('import {\n  glob,\n  readFile,\n} from "node:fs/promises";\n')).toEqual(["fs/promises.glob"]);
  expect(later('import zlib from "node:zlib";\nimport { readFile } from "node:fs/promises";\n')).toEqual([]);
});

test("no module imports by name what an old Node lacks", () => {
  const files = globSync("**/*.ts", { cwd: SRC });
  expect(files.length).toBeGreaterThan(300);
  const found = files.flatMap((file) => later(readFileSync(join(SRC, file), "utf8")).map((name) => `${file}: ${name}`));
  expect(found).toEqual([]);
});

test("each entry looks at Node before anything else", () => {
  for (const [entry, check] of [
    ["index.ts", "./foundation/needs-node.ts"],
    ["testing.ts", "./foundation/needs-node.ts"],
    ["llama.ts", "./foundation/needs-node.ts"],
    ["cli/main.ts", "./needs-node.ts"],
  ] as const) {
    const first = /^(?:import|export)\b[^;]*;/m.exec(readFileSync(join(SRC, entry), "utf8"))?.[0];
    expect(first).toBe(`import "${check}";`);
  }
});
