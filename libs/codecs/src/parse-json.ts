import { isUtf8 } from 'node:buffer';
import type { Refusal } from './fault.ts';
import { isDeeperThan } from './is-deeper-than.ts';

/** JSON text has no value `undefined`, so it can stand for "not parsed". */
export type ParsedJson =
  { readonly value: unknown; readonly refusal?: undefined } | { readonly value?: undefined; readonly refusal: Refusal };

/** Beyond any that means something; what is less deep is told of where it stands, and the rest of its message is taken. */
const MAX_LEVELS = 1_000;
/** What is no longer than a packet is parsed at once: its depth costs a tenth of a second at worst, and looking costs everybody. */
const SHORT_BYTES = 256 * 1024;

/** Of a key that stands twice in an object the last value counts, as in every JSON parser. */
export function parseJson(payload: Uint8Array): ParsedJson {
  if (payload.length > SHORT_BYTES && isDeeperThan(MAX_LEVELS, payload)) return { refusal: TOO_DEEP };
  const text = textOf(payload);
  if (text === undefined) return malformed('it is not UTF-8');
  if (text.length === 0) return malformed('it is empty');
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    return malformed((error as SyntaxError).message);
  }
}

const TOO_DEEP: Refusal = {
  reason: 'too-deep',
  detail: `The payload nests arrays and objects in more than ${MAX_LEVELS} levels, so nothing of it was read; send flat readings.`,
};

function malformed(why: string): ParsedJson {
  return { refusal: { reason: 'malformed-json', detail: `The payload is not valid JSON: ${why}.` } };
}

function textOf(payload: Uint8Array): string | undefined {
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('utf8');
  // Decoding puts U+FFFD where bytes are no UTF-8; only a text that holds one is worth a second look.
  return text.includes('\ufffd') && !isUtf8(payload) ? undefined : text;
}
