import { open } from "node:fs/promises";

/** Makes the names in a folder safe, new ones and changed ones. Windows has no such thing, and keeps them by itself. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
