import { isRecord } from "../read-json.ts";
import type { AiSdkModel } from "./model.ts";

/** Header values that everybody may read. */
const ORDINARY = /^(?:accept(?:-.*)?|content-.*|user-agent|host|connection|.*-version|.*-beta|http-referer|x-title)$/i;

/**
 * What a model's package sends as headers and nobody is to see: its key, and whatever its user gave it. Packages keep them in
 * their model's `config`, which is no promise of theirs: where it is otherwise, or takes waiting, none is known. Asked when
 * something has failed, and kept nowhere.
 */
export function secretsOf(model: AiSdkModel): readonly string[] {
  try {
    const { config }: { readonly config?: unknown } = model as AiSdkModel & { readonly config?: unknown };
    const given: unknown = isRecord(config) ? config["headers"] : undefined;
    const headers: unknown = typeof given === "function" ? (given as () => unknown)() : given;
    // One that comes later, or not at all, is nobody's failure.
    if (headers instanceof Promise) headers.catch(() => {});
    if (!isRecord(headers)) return [];
    return Object.entries(headers).flatMap(([name, value]) =>
      typeof value === "string" && !ORDINARY.test(name) ? [value] : [],
    );
  } catch {
    // There is no key.
    return [];
  }
}
