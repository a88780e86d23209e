import { describe, expect, it } from '@jest/globals';
import { compilePatterns } from '@seawall/model';
import fc from 'fast-check';
import { allOf, anyOf, bucketsOf, globRegex, identifier, moment, string, within } from './influx-ql.ts';

/** Text of signs that mean something to somebody. */
const text = fc
  .array(
    fc.constantFrom(
      '"',
      "'",
      '\\',
      '/',
      '*',
      '.',
      '$',
      '(',
      ')',
      '[',
      ']',
      '|',
      '^',
      '+',
      '?',
      ';',
      '-',
      ' ',
      '\n',
      'n',
      'a',
      '香',
      '🌡',
    ),
    {
      maxLength: 8,
    },
  )
  .map((signs) => signs.join(''));

/** What InfluxQL's scanner reads of quoted text: it ends at the first sign of its kind that no backslash stands before. */
function unquoted(quoted: string): { readonly text: string; readonly rest: string } {
  const end = quoted[0]!;
  let read = '';
  for (let i = 1; i < quoted.length; i++) {
    if (quoted[i] === end) return { text: read, rest: quoted.slice(i + 1) };
    if (quoted[i] === '\n') break;
    if (quoted[i] === '\\') {
      const next = quoted[++i]!;
      if (next === 'n') read += '\n';
      else if (next === '\\' || next === '"' || next === "'") read += next;
      else break;
    } else read += quoted[i];
  }
  throw new Error(`${quoted} does not end.`);
}

describe('quoting', () => {
  it('keeps names and texts within their quotes, whatever they hold', () => {
    fc.assert(
      fc.property(text, (any) => {
        for (const quoted of [identifier(any), string(any)]) expect(unquoted(quoted)).toEqual({ text: any, rest: '' });
      }),
    );
  });

  it('makes of a glob a regular expression that ends where it should, and matches what the glob does', () => {
    const glob = text.filter((any) => !any.includes('\n') && !any.startsWith('!'));
    // A name is never empty, and holds no end of a line.
    const name = text.filter((any) => any !== '' && !any.includes('\n'));
    fc.assert(
      fc.property(glob, name, (pattern, value) => {
        const expression = globRegex(pattern).slice(1, -1);
        expect(expression.replace(/\\./gsu, '')).not.toContain('/');
        expect(new RegExp(expression, 'u').test(value)).toBe(compilePatterns([pattern])(value));
      }),
    );
  });

  it('says moments as microseconds, and no further than InfluxDB can tell', () => {
    expect(moment(1_790_000_000_000_001)).toBe('1790000000000001u');
    expect(moment(-5)).toBe('-5u');
    expect(within(-Infinity, Infinity)).toBe('time >= -9223372036854000u AND time < 9223372036854000u');
  });

  it('gives buckets an offset within one of them', () => {
    expect(bucketsOf(7_200_000_000, 3_600_000_000)).toBe('time(3600000000u, 0u)');
    expect(bucketsOf(-1, 10)).toBe('time(10u, 9u)');
  });

  it('puts conditions together as a tree that is not deep', () => {
    expect(anyOf(['a', 'b', 'c'])).toBe('(a OR (b OR c))');
    expect(allOf(['a', 'b OR c'])).toBe('(a) AND (b OR c)');
    const depths = [...anyOf(Array.from({ length: 64 }, () => 'a'))].reduce<number[]>(
      (seen, sign) => [...seen, (seen.at(-1) ?? 0) + (sign === '(' ? 1 : sign === ')' ? -1 : 0)],
      [],
    );
    expect(Math.max(...depths)).toBe(6);
  });
});
