import { Problem } from './problem.ts';

const SHOWN = 64;

/**
 * Fastify reads a parameter whose percent escapes are none as if it were meant literally.
 * @throws Problem 400 for a query string with a percent escape that stands for no character
 */
export function refuseIllEscaped(url: string): void {
  const query = url.search(/[?#]/);
  if (query < 0 || url.indexOf('%', query) < 0) return;
  const ill = url
    .slice(query + 1)
    .split('&')
    .find((parameter) => !isEscaped(parameter));
  if (ill === undefined) return;
  // The value may be a secret.
  const [name = ''] = ill.split('=');
  throw new Problem(
    'bad-request',
    `The parameter "${name.slice(0, SHOWN)}" holds a percent escape that is no character in UTF-8; write a percent sign as %25.`,
  );
}

function isEscaped(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
