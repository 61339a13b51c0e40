import { posix, win32 } from "node:path";

export interface CacheFolderFacts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** The user's home folder. */
  readonly home: string;
}

/**
 * Where downloaded weights live: `DSPEX_CACHE` if it is set, else what the platform's convention says:
 * `$XDG_CACHE_HOME/dspex` or `~/.cache/dspex`; on macOS `~/Library/Caches/dspex`; on Windows
 * `%LOCALAPPDATA%\dspex\Cache`. A variable that is set to nothing counts as not set.
 */
export function cacheFolder({ env, platform, home }: CacheFolderFacts): string {
  const chosen = env["DSPEX_CACHE"];
  if (chosen) return chosen;
  if (platform === "win32")
    return win32.join(env["LOCALAPPDATA"] || win32.join(home, "AppData", "Local"), "dspex", "Cache");
  if (platform === "darwin") return posix.join(home, "Library", "Caches", "dspex");
  // The XDG specification says that a relative path there is to be ignored.
  const xdg = env["XDG_CACHE_HOME"];
  return posix.join(xdg && posix.isAbsolute(xdg) ? xdg : posix.join(home, ".cache"), "dspex");
}
