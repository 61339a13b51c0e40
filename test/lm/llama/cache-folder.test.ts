import { expect, test } from "vitest";
import { cacheFolder } from "../../../src/lm/llama/cache-folder.ts";

test.each([
  ["the variable, whatever the platform", "linux", { DSPEX_CACHE: "/data/models" }, "/data/models"],
  ["XDG's cache folder", "linux", { XDG_CACHE_HOME: "/var/x" }, "/var/x/dspex"],
  ["the home's cache folder on Linux", "linux", {}, "/home/ada/.cache/dspex"],
  ["an XDG folder that is not absolute is ignored", "linux", { XDG_CACHE_HOME: "x" }, "/home/ada/.cache/dspex"],
  [
    "a variable that is set to nothing is not set",
    "linux",
    { DSPEX_CACHE: "", XDG_CACHE_HOME: "" },
    "/home/ada/.cache/dspex",
  ],
  ["Library/Caches on macOS", "darwin", { XDG_CACHE_HOME: "/var/x" }, "/home/ada/Library/Caches/dspex"],
  ["the local app data on Windows", "win32", { LOCALAPPDATA: "C:\\Local" }, "C:\\Local\\dspex\\Cache"],
  ["on Windows without that variable", "win32", {}, "\\home\\ada\\AppData\\Local\\dspex\\Cache"],
] as const)("%s", (_, platform, env, folder) => {
  expect(cacheFolder({ env, platform, home: "/home/ada" })).toBe(folder);
});
