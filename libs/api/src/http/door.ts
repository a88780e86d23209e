import { isCrossSite, isOwnHost } from '@seawall/ports';
import type { FastifyRequest } from 'fastify';
import type { Credentials } from './credentials.ts';
import { readCredentials, tokenCheck } from './credentials.ts';
import { Problem } from './problem.ts';
import { pathOf } from './problem-filter.ts';

/** Orchestrators probe these without a secret; /readyz then says less. */
const OPEN_PATHS: ReadonlySet<string> = new Set(['/healthz', '/readyz']);
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
// A line each: Chromium takes a line for one challenge, and would not ask for a password otherwise.
const CHALLENGES = { 'www-authenticate': ['Bearer realm="seawall"', 'Basic realm="seawall", charset="UTF-8"'] };

/** The injection token of `Door`. */
export const DOOR = Symbol('Door');

export interface Door {
  /** @throws Problem 401 or 403 */
  admit(request: FastifyRequest): void;
  /** Whether the request showed the token, or none is asked. */
  knows(request: FastifyRequest): boolean;
}

/** @param token undefined: nothing is asked, but browsers are kept to pages of the hub's own. */
export function createDoor(token: string | undefined, bind: string): Door {
  const matches = token === undefined ? undefined : tokenCheck(token);
  const knows = (credentials: Credentials | undefined): boolean =>
    matches === undefined || (credentials !== undefined && matches(credentials.secret));

  return {
    knows: (request) => knows(credentialsOf(request)),
    admit(request) {
      const credentials = credentialsOf(request);
      if (matches === undefined) refuseForeignHost(request, bind);
      else if (!OPEN_PATHS.has(pathOf(request.url)) && !knows(credentials)) throw unauthorized(request);
      // A browser adds Basic credentials by itself, so they prove nothing of the page; Bearer a script must add.
      if (matches === undefined || credentials?.scheme === 'basic') refuseForeignPage(request);
    },
  };
}

export function credentialsOf(request: FastifyRequest): Credentials | undefined {
  return readCredentials(request.headers.authorization);
}

function unauthorized(request: FastifyRequest): Problem {
  const detail =
    request.headers.authorization === undefined
      ? 'Send the hub\'s token (SEAWALL_TOKEN) as "Authorization: Bearer <token>", or as the password of Basic.'
      : "The token is not the hub's. It is the value of SEAWALL_TOKEN that the hub was started with.";
  return new Problem('unauthorized', detail, { headers: CHALLENGES });
}

function refuseForeignHost(request: FastifyRequest, bind: string): void {
  if (isOwnHost(request.headers.host, bind)) return;
  throw new Problem(
    'forbidden',
    'A hub without a token answers only to localhost and to its address, not to other names. Start it with SEAWALL_TOKEN to use a name.',
  );
}

function refuseForeignPage(request: FastifyRequest): void {
  if (SAFE_METHODS.has(request.method) || !isCrossSite(request.headers)) return;
  throw new Problem(
    'forbidden',
    'This came from a page of another origin, which may read nothing and change nothing here.',
  );
}
