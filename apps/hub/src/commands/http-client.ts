import { HubRefusedError, HubUnreachableError, messageOf, UsageError } from '@seawall/devices-sim/errors';
import type { HubAddress } from './hub-address.ts';

/** The hub wants another token than it was shown, and always will. */
export class TokenRefusedError extends HubRefusedError {}

/** The hub, or a proxy before it, asks for patience: 429, 502, 503. */
export class HubBusyError extends HubRefusedError {}

/** What was asked for is not there: 404. */
export class NotThereError extends HubRefusedError {}

/** What was asked for takes the hub longer than it allows: 504. */
export class TooLongError extends HubRefusedError {}

const BUSY: ReadonlySet<number> = new Set([429, 502, 503]);

/** As `fetch` takes and gives it. */
type Send = (url: string, init: RequestInit) => Promise<Response>;

/** Asks the hub. @throws HubUnreachableError, HubRefusedError, or UsageError for what the hub says is the asker's mistake */
export async function ask(
  { url, token }: HubAddress,
  path: string,
  init: RequestInit = {},
  send: Send = fetch,
): Promise<Response> {
  const headers = new Headers(init.headers);
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
  let response: Response;
  try {
    response = await send(`${url}${path}`, { ...init, headers });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    const message = `no hub answers at ${url}: ${messageOf(error)}. Is it running? --url names another one.`;
    throw new HubUnreachableError(message, { cause: error });
  }
  if (!response.ok) throw await refusal(url, response);
  return response;
}

interface ProblemDocument {
  readonly detail?: string;
  readonly title?: string;
  readonly issues?: readonly { readonly field?: string; readonly path?: string; readonly message: string }[];
}

async function refusal(url: string, response: Response): Promise<Error> {
  const { status } = response;
  if (status === 401) {
    const token = 'Set SEAWALL_TOKEN to the token the hub was started with.';
    return new TokenRefusedError(`the hub at ${url} refused the token, or wants one. ${token}`);
  }
  const text = await response.text();
  const sentence = problemText(text);
  if (BUSY.has(status)) return new HubBusyError(sentence ?? `${url} answered ${status}.`);
  if (status === 504) return new TooLongError(sentence ?? `${url} answered ${status}.`);
  if (status === 404) return new NotThereError(sentence ?? `${url} answered ${status}.`);
  if (sentence === undefined)
    return new HubRefusedError(`${url} answered ${status}, and not as a hub does: ${text.slice(0, 200)}`);
  return status === 400 || status === 422 ? new UsageError(sentence) : new HubRefusedError(sentence);
}

/** The hub's problem document as sentences; its detail repeats the issues, so it stands only where there are none. */
export function problemText(text: string): string | undefined {
  let problem: ProblemDocument;
  try {
    problem = JSON.parse(text) as ProblemDocument;
  } catch {
    // No document of the hub's: the caller shows it as it is.
    return undefined;
  }
  const issues = (problem.issues ?? []).map(({ field, path, message }) =>
    [field ?? path, message].filter(Boolean).join(': '),
  );
  if (issues.length > 0) return [problem.title ?? 'The request is not valid', ...issues].join('\n  ');
  return problem.detail ?? problem.title;
}
