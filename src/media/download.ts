import { lookup } from "node:dns";
import { get as getPlain, type IncomingMessage, type RequestOptions } from "node:http";
import { get as getSecure } from "node:https";
import { isIP } from "node:net";
import { UsageError } from "../foundation/errors.ts";
import { isPrivateAddress } from "./private-address.ts";

export interface DownloadRules {
  /** Aborting ends it with the signal's reason. */
  readonly signal: AbortSignal;
  /** Whether addresses of this machine and of private networks may be asked. */
  readonly allowPrivate: boolean;
  /** What failures begin with. */
  readonly what: string;
}

const MOST_REDIRECTS = 10;

/**
 * The answer to a GET, its body still to be read, after redirects. Each address is looked at as it is connected to, so
 * that neither a redirect nor a name server leads elsewhere than was checked. A name and a password go to the host that
 * they were given for.
 * @throws UsageError for too many redirects, for one to another scheme, and for a private address; Node's error when no
 *   connection comes about
 */
export async function openDownload(url: URL, rules: DownloadRules): Promise<IncomingMessage> {
  for (let at = url, left = MOST_REDIRECTS; ; left -= 1) {
    const answer = await request(at, rules);
    const { location } = answer.headers;
    if (!REDIRECTS.has(answer.statusCode ?? 0) || location === undefined) return answer;
    answer.destroy();
    if (left === 0) throw new UsageError(`${rules.what}: ${url.host} redirects more than ${MOST_REDIRECTS} times`);
    if (!URL.canParse(location, at.href) || !/^https?:$/.test(new URL(location, at).protocol))
      throw new UsageError(`${rules.what}: ${at.host} redirects to what is no http or https URL`);
    at = new URL(location, at);
  }
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

function request(url: URL, { signal, allowPrivate, what }: DownloadRules): Promise<IncomingMessage> {
  const name = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const refused = (): UsageError =>
    new UsageError(`${what}: ${url.host} is a private address; allowPrivate: true lets it be asked`);
  // An address is connected to as it is, and a name by way of the look-up.
  if (!allowPrivate && isIP(name) !== 0 && isPrivateAddress(name)) return Promise.reject(refused());
  const options: RequestOptions = { signal, agent: false, ...(!allowPrivate && { lookup: publicOnly(refused) }) };
  return new Promise((resolve, reject) => {
    const sent = (url.protocol === "https:" ? getSecure : getPlain)(url, options, resolve);
    sent.on("error", (error: Error) => reject(signal.aborted ? (signal.reason as Error) : error));
  });
}

/** The system's look-up, without the addresses that are private. */
function publicOnly(refused: () => UsageError): NonNullable<RequestOptions["lookup"]> {
  return (name, options, callback) =>
    lookup(name, { ...options, all: true }, (error, addresses) => {
      const found = addresses?.filter(({ address }) => !isPrivateAddress(address)) ?? [];
      const [first] = found;
      // The type wants an address beside an error, which nobody reads.
      if (error !== null || first === undefined) return callback(error ?? refused(), "", 4);
      if (options.all === true) return callback(null, found);
      callback(null, first.address, first.family);
    });
}
