import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { Labels, Series } from '@seawall/model';
import type { EntryKind, EntryOf, JournalEntry } from '@seawall/ports';
import fc from 'fast-check';
import { decodeEntry, encodeEntry } from './entry-codec.ts';
import { DamagedEntryError, UnknownEntryVersionError } from './errors.ts';
import { GOLDEN_V1 } from './golden-entries.ts';

const kinds = Object.keys(GOLDEN_V1) as EntryKind[];
const golden = (kind: EntryKind) => readFileSync(new URL(`../golden/v1/${kind}.bin`, import.meta.url));

describe('version 1 on disk', () => {
  it.each(kinds)('writes %s byte for byte as the golden file', (kind) => {
    expect(Buffer.from(encodeEntry(GOLDEN_V1[kind])).toString('hex')).toBe(golden(kind).toString('hex'));
  });

  it.each(kinds)('reads %s from the golden file', (kind) => {
    expect(decodeEntry(golden(kind))).toEqual(GOLDEN_V1[kind]);
  });

  it('keeps negative zero and the smallest double of a value', () => {
    const { payload } = decodeEntry(golden('readings')) as EntryOf<'readings'>;
    expect(Object.is(payload.value[1], -0)).toBe(true);
    expect(payload.value[3]).toBe(5e-324);
  });
});

const name = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  .filter((text) => !/[\p{Cc}\p{Cs}]/u.test(text));
const labels: fc.Arbitrary<Labels> = fc.dictionary(name, name, { noNullPrototype: true, maxKeys: 4 });
const series: fc.Arbitrary<Series> = fc.record({ domain: name, device: name, metric: name });
const number = fc.double({ noNaN: true, noDefaultInfinity: false });
/** 1971 to 2200 in whole microseconds. */
const eventTime = fc.integer({ min: 31_536_000_000_000, max: 7_258_118_400_000_000 }).map((micros) => micros / 1000);

const readings: fc.Arbitrary<JournalEntry> = fc
  .record({
    names: fc.array(fc.tuple(series, labels), { minLength: 1, maxLength: 8 }),
    rows: fc.array(fc.tuple(fc.nat(), eventTime, number, fc.integer({ min: 0, max: 255 })), { maxLength: 40 }),
    seq: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    stamp: eventTime,
    producer: fc.option(fc.record({ id: fc.string({ unit: 'binary' }), seq: fc.nat() }), { nil: undefined }),
    key: fc.option(fc.record({ id: fc.string({ unit: 'binary' }), fingerprint: fc.string() }), { nil: undefined }),
  })
  .map(({ names, rows, seq, stamp, producer, key }) => ({
    version: 1,
    kind: 'readings',
    origin: 'live',
    partition: 0,
    seq,
    stamp,
    ...(producer && { producer }),
    ...(key && { key }),
    payload: {
      series: names.map(([one]) => one),
      labels: names.map(([, one]) => one),
      seriesIndex: Uint32Array.from(rows, (row) => row[0] % names.length),
      eventTime: Float64Array.from(rows, (row) => row[1]),
      value: Float64Array.from(rows, (row) => row[2]),
      flags: Uint8Array.from(rows, (row) => row[3]),
    },
  }));

describe('readings', () => {
  it('come back bit for bit, whatever their names, times and values', () => {
    fc.assert(
      fc.property(readings, (entry) => {
        const back = decodeEntry(encodeEntry(entry));
        expect(back).toEqual(entry);
        const bits = (one: JournalEntry) => Buffer.from((one as EntryOf<'readings'>).payload.value.buffer.slice(0));
        const { value } = (back as EntryOf<'readings'>).payload;
        expect(Buffer.from(value.slice().buffer)).toEqual(bits(entry));
      }),
    );
  });

  it('come back from bytes that are not aligned in memory', () => {
    const bytes = encodeEntry(GOLDEN_V1.readings);
    const shifted = new Uint8Array(bytes.length + 3).subarray(3);
    shifted.set(bytes);
    expect(decodeEntry(shifted)).toEqual(GOLDEN_V1.readings);
  });

  it('give the same Series and Labels objects at every decode', () => {
    const decode = () => (decodeEntry(encodeEntry(GOLDEN_V1.readings)) as EntryOf<'readings'>).payload;
    const [first, second] = [decode(), decode()];
    expect(second.series[2]).toBe(first.series[2]);
    expect(second.labels[1]).toBe(first.labels[0]);
  });

  it('keep equal labels once, though they stand in objects of their own', () => {
    const device = (i: number): Series => ({ domain: 'd', device: `device-${i}`, metric: 'm' });
    const entryOf = (count: number): JournalEntry => ({
      ...GOLDEN_V1.readings,
      payload: {
        ...GOLDEN_V1.readings.payload,
        series: Array.from({ length: count }, (_, i) => device(i)),
        labels: Array.from({ length: count }, () => ({ district: 'x'.repeat(100), type: 'loop' })),
        seriesIndex: Uint32Array.of(0, 0, 0, 0),
      },
    });
    expect(encodeEntry(entryOf(3)).length - encodeEntry(entryOf(2)).length).toBeLessThan(100);
  });

  it('refuse a name that would not come back as it is', () => {
    for (const device of ['half \ud83d', 'nul \u0000']) {
      const payload = { ...GOLDEN_V1.readings.payload, series: [{ domain: 'd', device, metric: 'm' }], labels: [{}] };
      expect(() => encodeEntry({ ...GOLDEN_V1.readings, payload })).toThrow(/can't be kept/);
    }
  });

  it('refuse columns of different lengths', () => {
    const payload = { ...GOLDEN_V1.readings.payload, value: Float64Array.of(1) };
    expect(() => encodeEntry({ ...GOLDEN_V1.readings, payload })).toThrow('of one length');
  });
});

describe('the other kinds', () => {
  it('refuse a number that JSON would turn into null', () => {
    const payload = { ...GOLDEN_V1.device.payload, receivedAt: Infinity };
    expect(() => encodeEntry({ ...GOLDEN_V1.device, payload })).toThrow('"receivedAt" is Infinity');
  });

  it('keep rejected samples whatever characters they hold', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (sample) => {
        const entry = { ...GOLDEN_V1.rejections, payload: [{ ...GOLDEN_V1.rejections.payload[0]!, sample }] };
        expect(decodeEntry(encodeEntry(entry))).toEqual(entry);
      }),
    );
  });
});

describe('bytes that are no entry', () => {
  it('of an unknown version are refused with a sentence that says what to do', () => {
    const bytes = encodeEntry(GOLDEN_V1.tick);
    bytes[0] = 2;
    expect(() => decodeEntry(bytes)).toThrow(UnknownEntryVersionError);
    expect(() => decodeEntry(bytes)).toThrow(/version 2.*reads version 1 only\. Start the release that wrote it/);
  });

  it('are told by the checksum when any one bit has changed', () => {
    for (const kind of kinds) {
      const bytes = encodeEntry(GOLDEN_V1[kind]);
      for (let at = 1; at < bytes.length; at++) {
        bytes[at]! ^= 1 << (at % 8);
        expect(() => decodeEntry(bytes)).toThrow(DamagedEntryError);
        bytes[at]! ^= 1 << (at % 8);
      }
    }
  });

  it('are told when they are cut short', () => {
    const bytes = encodeEntry(GOLDEN_V1.readings);
    for (let length = 1; length < bytes.length; length++) {
      expect(() => decodeEntry(bytes.slice(0, length))).toThrow(DamagedEntryError);
    }
  });
});
