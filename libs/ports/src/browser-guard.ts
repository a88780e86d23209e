import { isIP } from 'node:net';

/**
 * A hub that asks for no token trusts whoever reaches it, and a browser can be made to reach it by any page: by a name
 * that is made to point here (DNS rebinding). So the Host must be an address, a loopback name, or the name bound to.
 * @param host the Host header
 */
export function isOwnHost(host: string | undefined, bind: string): boolean {
  const name = hostName(host);
  if (name === undefined) return false;
  return isIP(name) !== 0 || name === 'localhost' || name.endsWith('.localhost') || name === bind.toLowerCase();
}

/**
 * Whether a browser sends this for a page of another origin. Programs send neither header.
 * @param headers of the request, in lower case
 */
export function isCrossSite(headers: Readonly<Record<string, string | string[] | undefined>>): boolean {
  const site = headers['sec-fetch-site'];
  if (site === 'cross-site' || site === 'same-site') return true;
  const origin = headers['origin'];
  if (origin === undefined) return false;
  return typeof origin !== 'string' || originHost(origin) !== String(headers['host']).toLowerCase();
}

function originHost(origin: string): string | undefined {
  // "null", the origin of sandboxed pages and local files, is no URL and so nobody's.
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

function hostName(host: string | undefined): string | undefined {
  if (host === undefined || !URL.canParse(`http://${host}`)) return undefined;
  return new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}
