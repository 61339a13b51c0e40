import { existsSync } from "node:fs";

/** Where Debian and others put a Chromium; `CHROMIUM_PATH` says another place. */
const PLACES = [
  process.env["CHROMIUM_PATH"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
];

/** A browser to open pages in, where one is installed. */
export const CHROMIUM: string | undefined = PLACES.find((path) => path !== undefined && existsSync(path));
