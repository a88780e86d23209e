import { describe, expect, it } from '@jest/globals';
import { microsOf } from '@seawall/model';
import fc from 'fast-check';
import { CSV, isCsvHeader, NDJSON } from './exported-text.ts';

const name = fc.oneof(
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
    .filter((text) => !/[\u0000-\u001f\u007f-\u009f]/.test(text)),
  fc.constantFrom('环境', 'a,b', '"', '""', 'a"b,', ',', '"x"', ' '),
);
const series = fc.record({ domain: name, device: name, metric: name, unit: fc.option(name) });
const micros = fc.integer({ min: 31_536_000_000_000, max: Date.UTC(2200, 0, 1) * 1000 });
const value = fc.double({ noNaN: true, noDefaultInfinity: true });

describe.each([
  ['CSV', CSV],
  ['NDJSON', NDJSON],
])('a reading as %s', (_, format) => {
  it('reads back as it was: names, microseconds, doubles', () => {
    fc.assert(
      fc.property(series, micros, value, (of, time, number) => {
        const row = format.parse(
          format
            .line(of)(time / 1000, number)
            .replace(/\r?\n$/, ''),
        );
        expect(row).toEqual({ ...of, time: row!.time, value: number });
        expect(microsOf(row!.time)).toBe(time);
      }),
      { examples: [[{ domain: 'a', device: 'b', metric: 'c', unit: null }, 1_790_000_000_000_123, -0]] },
    );
  });

  it.each(['', 'no reading', '{}', '1,2,3', '"a,b,c,d,1,e', '[]', 'null', '2026-01-01T00:00:00Z,a,b,c,NaN,'])(
    'is not %j',
    (line) => {
      expect(format.parse(line)).toBeUndefined();
    },
  );
});

it('a CSV header is known with what spreadsheets do to it', () => {
  expect(isCsvHeader(CSV.header)).toBe(true);
  expect(isCsvHeader('\uFEFF"time","domain","device","metric","value","unit"')).toBe(true);
  expect(isCsvHeader('time,domain,metric,device,value')).toBe(false);
});
