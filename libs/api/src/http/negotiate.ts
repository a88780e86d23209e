import { Problem } from './problem.ts';

/**
 * Which of the media types an Accept header prefers (RFC 9110, 12.5.1); the first of them where it does not say.
 * @throws Problem 406 if it wants none of them
 */
export function negotiate<T extends string>(accept: string | undefined, offered: readonly [T, ...T[]]): T {
  if (accept === undefined) return offered[0];
  const ranges = accept.split(',').map(parseRange);
  const weighed = offered.map((type) => ({ type, quality: qualityOf(type, ranges) }));
  const best = weighed.reduce((a, b) => (b.quality > a.quality ? b : a));
  if (best.quality > 0) return best.type;
  throw new Problem('not-acceptable', `The answer comes as ${offered.join(', ')}, not as "${accept}".`);
}

interface Range {
  readonly pattern: string;
  readonly quality: number;
}

function parseRange(text: string): Range {
  const [pattern = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith('q='));
  return { pattern, quality: weight === undefined ? 1 : Number(weight.slice(2)) || 0 };
}

/** Of the ranges that match, the most specific decides. */
function qualityOf(type: string, ranges: readonly Range[]): number {
  const group = `${type.split('/')[0]}/*`;
  for (const pattern of [type, group, '*/*']) {
    const match = ranges.find((range) => range.pattern === pattern);
    if (match !== undefined) return match.quality;
  }
  return 0;
}
