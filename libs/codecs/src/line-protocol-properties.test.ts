import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ARRIVAL, collector, LIMITS } from './line-fixture.ts';
import { decodeLineProtocol } from './line-protocol.ts';
import { PRECISIONS, type Precision } from './line-sink.ts';

/** A serializer of our own, with every escape of the grammar. */

/** The long runs try more. */
const TIMES = process.env.SEAWALL_LONG === '1' ? 4 : 1;

const escapeMeasurement = (text: string) => text.replace(/[, ]/g, '\\$&');
const escapeKey = (text: string) => text.replace(/[, =]/g, '\\$&');
const quote = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`;

interface Field {
  readonly key: string;
  readonly text: string;
  readonly value: number;
}

const NOT_IN_NAMES = /[\u0000-\u001f\u007f-\u009f\ufeff]|\\$|\p{Surrogate}/u;
const name = fc
  .string({ unit: fc.oneof(fc.constantFrom(' ', ',', '=', '\\', '"', '#', 'é', '水', '🌊'), fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 })), minLength: 1, maxLength: 12 })
  .map((text) => text.normalize('NFC'))
  .filter((text) => !NOT_IN_NAMES.test(text)); // prettier-ignore

const float = fc.double({ noNaN: true, noDefaultInfinity: true });
const field = (key: string): fc.Arbitrary<Field> =>
  fc.oneof(
    float.map((value) => ({ key, text: Object.is(value, -0) ? '-0' : String(value), value })),
    fc.integer({ min: -1e6, max: 1e6 }).map((n) => ({ key, text: (n / 100).toFixed(2), value: Number((n / 100).toFixed(2)) })),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((n) => ({ key, text: `${n}i`, value: Number(n) })),
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((n) => ({ key, text: `${n}u`, value: Number(n) })),
    fc.boolean().map((b) => ({ key, text: String(b), value: b ? 1 : 0 })),
  ); // prettier-ignore

const content = fc.string({
  unit: fc.oneof(
    fc.constantFrom('"', '\\', '\n', ',', ' ', '='),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
  maxLength: 12,
});

const micros = fc.bigInt({ min: 31_536_000_000_000n, max: BigInt(ARRIVAL) * 1000n });
const time = fc.record({ precision: fc.constantFrom(...PRECISIONS), micros });

const measurement = name.filter((text) => !text.startsWith('#') && text !== 'forbidden');
const line = fc
  .record({
    measurement,
    tags: fc.uniqueArray(fc.tuple(name, name), { selector: ([key]) => key, maxLength: 4 }),
    keys: fc.uniqueArray(name.filter((key) => key !== 'refused'), { minLength: 1, maxLength: 5 }),
  })
  .chain(({ keys, ...head }) => fc.record({ ...constant(head), fields: fc.tuple(...keys.map(field)) })); // prettier-ignore

function constant<T extends object>(values: T): { [K in keyof T]: fc.Arbitrary<T[K]> } {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, fc.constant(value)])) as {
    [K in keyof T]: fc.Arbitrary<T[K]>;
  };
}

/** What a timestamp of a precision holds of a time. */
function written(precision: Precision, microseconds: bigint): [text: string, epochMs: number] {
  switch (precision) {
    case 'ns':
      return [`${microseconds}789`, Number(microseconds) / 1000];
    case 'us':
      return [`${microseconds}`, Number(microseconds) / 1000];
    case 'ms':
      return [`${microseconds / 1000n}`, Number(microseconds / 1000n)];
    case 's':
      return [`${microseconds / 1_000_000n}`, Number(microseconds / 1_000_000n) * 1000];
  }
}

describe('written and read again', () => {
  it('every line says what it was made of', () => {
    fc.assert(
      fc.property(line, time, ({ measurement, tags, fields }, { precision, micros }) => {
        const [timestamp, epochMs] = written(precision, micros);
        const head = [escapeMeasurement(measurement), ...tags.map(([key, value]) => `${escapeKey(key)}=${escapeKey(value)}`)]; // prettier-ignore
        const text = `${head.join(',')} ${fields.map(({ key, text }) => `${escapeKey(key)}=${text}`).join(',')} ${timestamp}`;
        const { find, readings, heads, values } = collector();
        const result = decodeLineProtocol(Buffer.from(text), precision, ARRIVAL, LIMITS, find);
        expect(result).toEqual({ faults: [], lines: 1, dropped: 0 });
        expect(heads).toEqual([[measurement, tags]]);
        expect(values).toEqual(fields.map(({ value }) => value));
        const subject = `${measurement}/${tags.find(([key]) => key === 'host')?.[1] ?? '_'}`;
        expect(readings).toEqual(fields.map(({ key, value }) => `${subject}/${key}=${value}@${epochMs}`));
      }),
      { numRuns: 250 * TIMES },
    );
  });

  it('a text is one value, whatever stands in it', () => {
    fc.assert(
      fc.property(content, (content) => {
        const asked: string[] = [];
        const sink = { reading: () => undefined, stateNumber: (_: string, state: string) => asked.push(state) };
        const body = Buffer.from(`m a=1,s=${quote(content)},b=2\nm c=3`);
        const result = decodeLineProtocol(body, 'ns', ARRIVAL, LIMITS, () => sink);
        expect(result).toEqual({ faults: [], lines: 2, dropped: 0 });
        // Half a surrogate pair can not be written in UTF-8.
        expect(asked).toEqual([Buffer.from(content).toString()]);
      }),
      { numRuns: 125 * TIMES },
    );
  });

  it('a short number is read as Number() reads it', () => {
    const digits = fc.stringMatching(/^-?\d{0,17}\.?\d{0,25}$/).filter((text) => /\d/.test(text));
    fc.assert(
      fc.property(digits, (text) => {
        const { find, values } = collector();
        decodeLineProtocol(Buffer.from(`m f=${text}`), 'ns', ARRIVAL, LIMITS, find);
        expect(values).toEqual([Number(text)]);
      }),
      { numRuns: 500 * TIMES },
    );
  });
});

describe('whatever comes', () => {
  const GOOD = [
    'cpu,host=a,cpu=cpu0 idle=91.5,user=3i,on=true,mode="open" 1790000000000000000',
    'my\\ m\\,x,ta\\ g=v\\=1 f\\ 1=-1.5e3,g=18446744073709551615u 1790000000000000001',
    '# a comment',
    'weather,host=b text="two\nlines, \\"and\\" more",temp=21.5',
    'm,host=a v=1\r',
  ];
  const bad = fc.constantFrom('"', '\\', '\n', '\r', ',', '=', ' ', '#', '\0', 'i', 'e', '-', '\u{1F30A}', 'é');
  const mutated = fc
    .tuple(fc.shuffledSubarray(GOOD, { minLength: 1 }), fc.array(fc.tuple(fc.nat(400), fc.nat(3), bad), { maxLength: 8 }))
    .map(([lines, cuts]) => cuts.reduce((text, [at, drop, put]) => text.slice(0, at) + put + text.slice(at + drop), lines.join('\n'))); // prettier-ignore
  const limits = fc.record({
    maxReadings: fc.constantFrom(3, 10_000),
    maxLineLength: fc.constantFrom(30, 65_536),
    maxAheadMs: fc.constant(1000),
  });

  it.each<[string, fc.Arbitrary<Uint8Array>]>([
    ['random bytes', fc.uint8Array({ maxLength: 300 })],
    ['text of what the grammar minds', fc.string({ unit: bad, maxLength: 120 }).map((text) => Buffer.from(text))],
    ['mutated lines', mutated.map((text) => Buffer.from(text))],
  ])('never throws on %s, and accounts for every line', (_, payloads) => {
    fc.assert(
      fc.property(payloads, limits, fc.constantFrom(...PRECISIONS), (payload, bounds, precision) => {
        const { find, readings } = collector();
        const { faults, lines, dropped } = decodeLineProtocol(payload, precision, ARRIVAL, bounds, find);
        const good = lines - dropped;
        expect(dropped).toBeGreaterThanOrEqual(0);
        expect(readings.length).toBeGreaterThanOrEqual(good);
        expect(good > 0).toBe(readings.length > 0);
        if (dropped > 0 || lines === 0) expect(faults.length).toBeGreaterThan(0);
        expect(readings.length).toBeLessThanOrEqual(bounds.maxReadings);
        for (const { pointer, detail, sample } of faults) {
          expect(pointer).toMatch(/^(\/[1-9]\d*(\/[^/]*)?)?$/s);
          expect(detail).toMatch(/\.$/);
          expect(sample.length).toBeLessThanOrEqual(256);
        }
      }),
      { numRuns: 500 * TIMES },
    );
  });

  it('cuts no line in two: what stands before a mutilated line is as if it stood alone', () => {
    fc.assert(
      fc.property(mutated, (text) => {
        const decodeAlone = (body: string) => {
          const { find, readings } = collector();
          decodeLineProtocol(Buffer.from(body), 'ns', ARRIVAL, LIMITS, find);
          return readings;
        };
        const before = 'a,host=z x=1\nb,host=z y=2\n';
        expect(decodeAlone(before + text).slice(0, 2)).toEqual(decodeAlone(before));
      }),
    );
  });
});
