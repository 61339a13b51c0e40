import { open } from "node:fs/promises";
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";

/** Kills this process with SIGKILL right before its nth write to a file, rename or sync; 0: never. */
export function dieAtWrite(nth: number): void {
  if (nth === 0) return;
  let count = 0;
  const before = (): void => {
    count += 1;
    if (count === nth) process.kill(process.pid, "SIGKILL");
  };
  const patch = (target: object, name: string): void => {
    const own = Reflect.get(target, name) as (...args: unknown[]) => unknown;
    Reflect.set(target, name, function (this: unknown, ...args: unknown[]) {
      before();
      return own.apply(this, args);
    });
  };
  void (async () => {
    const file = await open(import.meta.filename);
    const prototype: unknown = Object.getPrototypeOf(file);
    for (const name of ["write", "writeFile", "datasync", "sync"]) patch(prototype as object, name);
    await file.close();
  })();
  for (const name of ["rename", "unlink"]) patch(fs, name);
  syncBuiltinESMExports();
}
