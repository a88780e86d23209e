import { compilePatterns, isLongerThan } from '@seawall/model';
import type { Parameters } from '../http/parameters.ts';
import { Problem } from '../http/problem.ts';

/** Whether a stream's client asked for this value; an absent one passes where nothing, or only exclusions, were given. */
export type Admits = (value: string | undefined) => boolean;

const MAX_LENGTH = 256;

/** Patterns of a repeatable parameter, as in a query's `where`: `*` globs, a leading `!` excludes. @throws Problem 400 */
export function admitsOf(parameters: Parameters, name: string): Admits {
  const patterns = parameters.many(name) ?? [];
  for (const pattern of patterns) {
    if (pattern === '' || pattern === '!')
      throw new Problem('bad-request', `The parameter "${name}" is empty; write a value, "*" for any, or "!" and one.`);
    if (isLongerThan(pattern, MAX_LENGTH))
      throw new Problem('bad-request', `The parameter "${name}" is longer than ${MAX_LENGTH} characters.`);
  }
  return compilePatterns(patterns);
}
