/**
 * Who may import whom. This is the only definition: docs/architecture.md draws it, the architecture test checks it.
 * Two columns stand on `foundation` and never import each other; `actors` and `observer` join them; `src/*.ts` is on
 * top of it all. Type imports count like any others.
 */

/** The domain: plain async functions over frozen values, lowest first. */
export const DOMAIN = [
  "signatures",
  "media",
  "lm",
  "retrieval",
  "adapters",
  "programs",
  "evaluate",
  "teleprompters",
] as const;

/** Processes, lowest first. */
export const RUNTIME = ["runtime", "supervisors"] as const;

export type FolderRules = Readonly<Record<string, readonly string[]>>;

/** A folder of `src` → the folders that its files may import, besides its own. A folder that is not here is an error. */
export const FOLDERS: FolderRules = {
  foundation: [],

  signatures: ["foundation"],
  media: ["foundation", "signatures"],
  lm: ["foundation"],
  retrieval: ["foundation", "lm"],
  adapters: ["foundation", "signatures", "lm"],
  programs: ["foundation", "signatures", "lm", "retrieval", "adapters"],
  evaluate: ["foundation", "signatures", "lm", "retrieval", "adapters", "programs"],
  teleprompters: ["foundation", "signatures", "lm", "retrieval", "adapters", "programs", "evaluate"],

  runtime: ["foundation"],
  supervisors: ["foundation", "runtime"],

  actors: ["foundation", ...DOMAIN, ...RUNTIME],
  // What clients tell of their providers is data of the domain.
  observer: ["foundation", "lm", ...RUNTIME],

  // The public test kit: stands in for a domain port or for the outside world, and knows no process of ours.
  testing: ["foundation", ...DOMAIN],

  // The command line: a user of the library like any other, that nobody imports.
  cli: ["foundation", ...DOMAIN],
};

/** A folder → the files on top of `src` that its files may import. Files on top are for users: no other folder imports any. */
export const TOP_FILES_OF: Readonly<Record<string, readonly string[]>> = { cli: ["index.ts", "llama.ts"] };

export interface TopFileRule {
  readonly folders: readonly string[];
  /** Other files of `src/*.ts`. */
  readonly files: readonly string[];
}

/** The files right under `src`: what users import. A file that is not here is an error. */
export const TOP_FILES: Readonly<Record<string, TopFileRule>> = {
  "index.ts": {
    folders: ["foundation", ...DOMAIN, ...RUNTIME, "actors", "observer"],
    files: ["system.ts", "logging.ts", "evaluation.ts", "optimization.ts"],
  },
  // Parts of what index.ts gives.
  "evaluation.ts": { folders: ["evaluate"], files: [] },
  "optimization.ts": { folders: ["programs", "teleprompters", "actors"], files: [] },
  "system.ts": { folders: ["foundation", ...DOMAIN, ...RUNTIME, "actors", "observer"], files: ["logging.ts"] },
  // The one listener that prints: what all the others tell, written to pino. It knows LM failures, to keep quiet about them.
  "logging.ts": { folders: ["foundation", "lm", ...RUNTIME, "actors"], files: [] },
  "testing.ts": { folders: ["foundation", "testing", ...DOMAIN], files: [] },
  // Apart from index.ts, so that nobody loads an engine without asking for it.
  "llama.ts": { folders: ["foundation", "lm"], files: [] },
};

export interface PackageRule {
  /** Beginnings of the paths, within `src`, of the files that may import it. */
  readonly within: readonly string[];
  /** `true`: one file at most, so that the package can be replaced in one place. */
  readonly oneImporter: boolean;
}

/** npm packages → who may import them. A package that is not here is an error. */
export const PACKAGES: Readonly<Record<string, PackageRule>> = {
  "@pydantic/genai-prices": { within: ["lm/list-prices.ts"], oneImporter: true },
  "fastest-levenshtein": { within: ["foundation/check-options.ts"], oneImporter: true },
  nact: { within: ["runtime/nact-host.ts"], oneImporter: true },
  openai: { within: ["lm/openai/"], oneImporter: true },
  undici: { within: ["lm/transport/"], oneImporter: true },
  "node-llama-cpp": { within: ["lm/llama/"], oneImporter: true },
  commander: { within: ["cli/"], oneImporter: false },
  "csv-parse": { within: ["evaluate/data/"], oneImporter: true },
  "cli-table3": { within: ["evaluate/reports/"], oneImporter: true },
  "csv-stringify": { within: ["evaluate/reports/"], oneImporter: true },
  "string-width": { within: ["evaluate/reports/"], oneImporter: true },
  "log-update": { within: ["foundation/status-line.ts"], oneImporter: true },
  hyparquet: { within: ["evaluate/data/"], oneImporter: true },
  minisearch: { within: ["retrieval/"], oneImporter: true },
  pino: { within: ["logging.ts"], oneImporter: true },
  zod: { within: [...DOMAIN, "actors", "testing"].map((folder) => `${folder}/`), oneImporter: false },
};

/**
 * Who may import a module whose name is not written in the source: the one file by which the command line loads the modules
 * that its user names.
 */
export const MODULE_LOADERS: readonly string[] = ["cli/named/import-module.ts"];

/** Folders whose files decide and never act: no `node:` module either. */
export const PURE_FOLDERS: readonly string[] = ["signatures", "adapters"];

export interface SecretSource {
  /** The files that may: one, but for the terminal. */
  readonly files: readonly string[];
  /** Names and members, as they stand in the source. `new Date` is the call without arguments. */
  readonly uses: readonly string[];
  /** Modules that give the same. */
  readonly modules: readonly string[];
}

/**
 * Real time and real randomness have one door each, so that tests and replays can stand in it; so has what is written to the
 * terminal, so that nothing prints unasked. (The logger writes by itself, through pino.)
 */
export const SECRET_SOURCES: readonly SecretSource[] = [
  {
    files: ["foundation/clock.ts"],
    uses: [
      "setTimeout",
      "setInterval",
      "Date.now",
      "new Date",
      "performance.now",
      "performance.timeOrigin",
      "process.hrtime",
      "process.uptime",
      "AbortSignal.timeout",
    ],
    modules: ["node:timers", "node:timers/promises", "node:perf_hooks"],
  },
  {
    files: ["foundation/random.ts"],
    uses: [
      "Math.random",
      "crypto.randomUUID",
      "crypto.getRandomValues",
      "crypto.randomBytes",
      "crypto.randomInt",
      "randomUUID",
      "randomBytes",
      "randomInt",
      "getRandomValues",
    ],
    modules: [],
  },
  // The command line writes for a living; all but its entry is given where to.
  {
    files: ["foundation/status-line.ts", "cli/main.ts", "cli/needs-node.ts"],
    uses: ["process.stderr", "process.stdout"],
    modules: [],
  },
];

/** Lines a file may have. */
export const MAX_LINES = 400;
