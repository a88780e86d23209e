import type { Refusal } from './fault.ts';

const ZERO = 48;
const DOT = 46;
const MINUS = 45;
const LETTER_I = 105;
const LETTER_U = 117;
/** A whole number below this, and a power of ten up to the 22nd, are exact; so is then the rounding of their quotient. */
const MAX_EXACT = 2 ** 53;
const MAX_EXACT_POWER = 22;
const POWERS = Array.from({ length: MAX_EXACT_POWER + 1 }, (_, exponent) => 10 ** exponent);
const FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const INTEGER = /^[+-]?\d+$/;
const MAX_INT64 = 2n ** 63n - 1n;
const MAX_UINT64 = 2n ** 64n - 1n;

const BOOLEANS: ReadonlyMap<string, number> = new Map([
  ...['t', 'T', 'true', 'True', 'TRUE'].map((word) => [word, 1] as const),
  ...['f', 'F', 'false', 'False', 'FALSE'].map((word) => [word, 0] as const),
]);

/**
 * The value that a few plain digits mean (`-12.75`, `42i`), exactly as `Number()` would read it.
 * @returns NaN for everything else, which is not to say that it is no value
 */
export function plainNumber(text: string, from: number, to: number): number {
  const last = text.charCodeAt(to - 1);
  if (last === LETTER_I) return plainDecimal(text, from, to - 1, false);
  if (last === LETTER_U) return text.charCodeAt(from) === MINUS ? NaN : plainDecimal(text, from, to - 1, false);
  return plainDecimal(text, from, to, true);
}

function plainDecimal(text: string, from: number, to: number, mayHaveDot: boolean): number {
  const negative = text.charCodeAt(from) === MINUS;
  let mantissa = 0;
  let dot = -1;
  let digits = 0;
  for (let i = negative ? from + 1 : from; i < to; i++) {
    const digit = text.charCodeAt(i) - ZERO;
    if (digit >= 0 && digit <= 9) {
      mantissa = mantissa * 10 + digit;
      digits++;
    } else if (digit === DOT - ZERO && dot < 0 && mayHaveDot) dot = i;
    else return NaN;
  }
  const decimals = dot < 0 ? 0 : to - dot - 1;
  if (digits === 0 || mantissa >= MAX_EXACT || decimals > MAX_EXACT_POWER) return NaN;
  const value = decimals === 0 ? mantissa : mantissa / POWERS[decimals]!;
  // Integers have no negative zero.
  return negative && (mayHaveDot || value !== 0) ? -value : value;
}

/** The value of a field that is not quoted: a float, an integer (`1i`, `1u`) or a boolean. */
export function unquotedValue(text: string): number | Refusal {
  if (text === '') return notANumber('The field has no value.');
  const boolean = BOOLEANS.get(text);
  if (boolean !== undefined) return boolean;
  const last = text.at(-1)!;
  if (last === 'i' || last === 'u') return integer(text.slice(0, -1), last);
  if (!FLOAT.test(text)) {
    return notANumber(
      'The value is no number, boolean or text; text stands in double quotes, and NaN and infinities are no values.',
    );
  }
  const value = Number(text);
  return Number.isFinite(value) ? value : notANumber('The value is beyond the range of a 64-bit float.');
}

function integer(digits: string, type: 'i' | 'u'): number | Refusal {
  const [min, max] = type === 'i' ? [-MAX_INT64 - 1n, MAX_INT64] : [0n, MAX_UINT64];
  if (!INTEGER.test(digits)) return notANumber(`A value that ends in "${type}" must be a whole number.`);
  const value = Number(digits);
  if (Number.isSafeInteger(value) && (type === 'i' || value >= 0)) return value === 0 ? 0 : value;
  // What is longer is out of range, and costs no time.
  const exact = digits.length <= 64 ? BigInt(digits.replace('+', '')) : max + 1n;
  if (exact >= min && exact <= max) return value;
  return notANumber(`The value is beyond the range of ${type === 'i' ? 'a signed' : 'an unsigned'} 64-bit integer.`);
}

function notANumber(detail: string): Refusal {
  return { reason: 'not-a-number', detail };
}
