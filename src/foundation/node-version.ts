/** The oldest Node that dspex runs on; package.json's `engines` says the same. */
const OLDEST = [22, 19] as const;

/**
 * What is wrong with a Node, in one line; undefined for one that is new enough, and where there is none (a browser's bundle).
 *
 * @param version as in `process.versions.node`
 */
export function oldNode(version: string | undefined): string | undefined {
  const [major = 0, minor = 0] = (version ?? "").split(".").map(Number);
  if (version === undefined || major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return undefined;
  return `dspex needs Node ${OLDEST.join(".")} or newer, and this is Node ${version}`;
}
