import type { RejectionReason } from '@seawall/model';

export interface BadPayload {
  readonly name: string;
  readonly payload: string | Buffer;
  /** Any of these is a clear answer. */
  readonly reasons: readonly RejectionReason[];
}

const telemetry = (values: string, ts = '1790000000000') => `{"ts":${ts},"values":${values}}`;
const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

const NAMES: readonly BadPayload[] = [
  { name: 'a name of 129 characters', payload: telemetry(`{"${'x'.repeat(129)}":1}`), reasons: ['bad-name'] },
  { name: 'an empty name', payload: telemetry('{"":1}'), reasons: ['bad-name'] },
  { name: 'a control character in a name', payload: telemetry('{"a\\u0007b":1}'), reasons: ['bad-name'] },
  { name: 'a NUL in a name', payload: telemetry('{"a\\u0000b":1}'), reasons: ['bad-name'] },
  { name: 'a name that ends in a backslash', payload: telemetry('{"a\\\\":1}'), reasons: ['bad-name'] },
  { name: 'a name that is not NFC', payload: telemetry('{"e\\u0301":1}'), reasons: ['bad-name'] },
  { name: 'half a surrogate pair', payload: telemetry('{"a\\ud800":1}'), reasons: ['bad-name'] },
];

const TIMES: readonly BadPayload[] = [
  { name: 'epoch seconds', payload: telemetry('{"a":1}', '1790000000'), reasons: ['epoch-seconds'] },
  { name: 'a time before 1971', payload: telemetry('{"a":1}', '"1969-07-20T20:17:00Z"'), reasons: ['bad-time'] },
  { name: 'a negative time', payload: telemetry('{"a":1}', '-1'), reasons: ['bad-time'] },
  { name: 'a time that is no time', payload: telemetry('{"a":1}', '"yesterday"'), reasons: ['bad-time'] },
  { name: 'the 31st of February', payload: telemetry('{"a":1}', '"2026-02-31T00:00:00Z"'), reasons: ['bad-time'] },
  { name: 'a boolean time', payload: telemetry('{"a":1}', 'true'), reasons: ['bad-time', 'wrong-shape'] },
  { name: 'a time without end', payload: telemetry('{"a":1}', '1e300'), reasons: ['bad-time', 'too-far-ahead'] },
  { name: 'an infinite time', payload: telemetry('{"a":1}', '1e999'), reasons: ['bad-time', 'too-far-ahead'] },
  { name: 'the year 2150', payload: telemetry('{"a":1}', '"2150-01-01T00:00:00Z"'), reasons: ['too-far-ahead'] },
];

const VALUES: readonly BadPayload[] = [
  { name: 'undeclared text', payload: telemetry('{"a":"warm"}'), reasons: ['undeclared-text'] },
  { name: 'NaN as text', payload: telemetry('{"a":"NaN"}'), reasons: ['undeclared-text', 'not-a-number'] },
  { name: 'a number beyond float64', payload: telemetry('{"a":1e999}'), reasons: ['not-a-number'] },
  { name: 'an array as a value', payload: telemetry('{"a":[1,2]}'), reasons: ['not-a-number', 'wrong-shape'] },
  { name: 'only null', payload: telemetry('{"a":null}'), reasons: ['nothing-usable'] },
];

const SHAPES: readonly BadPayload[] = [
  { name: 'nothing', payload: '', reasons: ['malformed-json', 'nothing-usable', 'wrong-shape'] },
  { name: 'half an object', payload: '{"ts":1790000000000,"val', reasons: ['malformed-json'] },
  { name: 'NaN', payload: telemetry('{"a":NaN}'), reasons: ['malformed-json'] },
  { name: 'Infinity', payload: telemetry('{"a":-Infinity}'), reasons: ['malformed-json'] },
  { name: 'a trailing comma', payload: '{"a":1,}', reasons: ['malformed-json'] },
  {
    name: 'bytes that are not UTF-8',
    payload: Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
    reasons: ['malformed-json', 'bad-name'],
  },
  { name: 'binary', payload: Buffer.from([0, 1, 2, 3, 255, 254, 0x7b]), reasons: ['malformed-json'] },
  { name: 'null', payload: 'null', reasons: ['wrong-shape', 'nothing-usable'] },
  { name: 'a bare number', payload: '42', reasons: ['wrong-shape'] },
  { name: 'a bare text', payload: '"on"', reasons: ['wrong-shape'] },
  { name: 'a bare boolean', payload: 'true', reasons: ['wrong-shape'] },
  { name: 'an empty object', payload: '{}', reasons: ['nothing-usable', 'wrong-shape'] },
  { name: 'an empty array', payload: '[]', reasons: ['nothing-usable', 'wrong-shape'] },
  { name: 'an array of numbers', payload: '[1,2,3]', reasons: ['wrong-shape'] },
  { name: 'values that are an array', payload: telemetry('[1,2]'), reasons: ['wrong-shape', 'not-a-number'] },
  {
    name: 'values that are text',
    payload: telemetry('"1"'),
    reasons: ['wrong-shape', 'undeclared-text', 'not-a-number'],
  },
  { name: 'objects nested 5,000 deep', payload: nested(5_000), reasons: ['too-deep', 'bad-name'] },
  {
    name: 'arrays nested 50,000 deep',
    payload: '['.repeat(50_000) + ']'.repeat(50_000),
    reasons: ['too-deep', 'wrong-shape', 'malformed-json'],
  },
  { name: 'brackets that never close', payload: '['.repeat(50_000), reasons: ['too-deep', 'malformed-json'] },
];

export const BAD_PAYLOADS: readonly BadPayload[] = [...NAMES, ...TIMES, ...VALUES, ...SHAPES];
