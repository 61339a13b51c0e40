import { join } from "node:path";
import { defineConfig } from "vitest/config";

// Said before anything newer is needed: an old Node otherwise fails with an unreadable message from deep inside.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  throw new Error(
    `dspex is tested on Node 22.19 or newer, and this is ${process.versions.node}. ` +
      "Run `npm test` or `npx vitest`: both use the Node that `npm ci` installed in node_modules.",
  );
}

// What the tests' many processes inherit, and the workers, unless the caller says otherwise.
// Compiled code is kept between them: each starts in half the time. The compiler (a Go program) collects its garbage less
// often: half the work, for a tenth more memory.
process.env["NODE_COMPILE_CACHE"] ??= join(import.meta.dirname, "node_modules", ".cache", "dspex-compiled");
process.env["GOGC"] ??= "400";

/** `import "dspex"` means the sources, in tests and examples alike: no build is needed first. */
const conditions = ["dspex-dev", "node", "import", "module", "default"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ["test/**/*.test.ts", "examples/*-testing.ts"],
    reporters: ["default", "./scripts/plain-reporter.ts"],
    typecheck: { include: ["test/**/*.test-d.ts"], tsconfig: "./tsconfig.json" },
    // As many as there are cores: many of the tests wait for processes of their own.
    maxWorkers: "100%",
    // Slow machines and busy ones: a test that waits for time waits on a virtual clock, so this is only for the stuck.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
  },
});
