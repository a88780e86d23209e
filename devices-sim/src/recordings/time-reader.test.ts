import { describe, expect, it } from '@jest/globals';
import type { Mapping } from './mapping.ts';
import { wallTimeReader } from './time-format.ts';
import { timeReader } from './time-reader.ts';

function read(
  time: Mapping['time'],
  timeZone: string,
  headers: string[],
  cells: string[],
  row = 0,
): string | undefined {
  const at = timeReader({ time, timeZone } as Mapping, (header) => headers.indexOf(header))(cells, row);
  return at === undefined ? undefined : new Date(at).toISOString();
}

describe('timeReader', () => {
  it('reads one column of local time', () => {
    const time = { column: 'LastUpdated', format: 'yyyy-MM-dd HH:mm:ss' };
    // British summer time ended on 2016-10-30.
    expect(read(time, 'Europe/London', ['LastUpdated'], ['2016-10-29 08:25:42'])).toBe('2016-10-29T07:25:42.000Z');
    expect(read(time, 'Europe/London', ['LastUpdated'], ['2016-10-31 08:25:42'])).toBe('2016-10-31T08:25:42.000Z');
  });

  it('joins several columns of text', () => {
    const time = { column: ['Date', 'Time'], format: 'd/M/yyyy HH:mm:ss' };
    const at = read(time, 'Europe/Paris', ['Date', 'Time'], ['6/1/2007', '17:24:00']);
    expect(at).toBe('2007-01-06T16:24:00.000Z');
  });

  it('reads columns of numbers', () => {
    const time = { columns: { year: 'y', month: 'm', day: 'd', hour: 'h' } };
    expect(read(time, 'Asia/Shanghai', ['y', 'm', 'd', 'h'], ['2013', '3', '1', '0'])).toBe('2013-02-28T16:00:00.000Z');
  });

  it('counts rows from a start in elapsed time, through the start of summer time', () => {
    const time = { start: '2012-03-11 00:00', step: '1h' };
    const hours = [0, 1, 2, 3].map((row) => read(time, 'America/Los_Angeles', [], [], row)!.slice(11, 13));
    expect(hours).toEqual(['08', '09', '10', '11']);
  });

  it('reads times that carry their zone', () => {
    expect(read({ column: 't', format: 'rfc3339' }, 'UTC', ['t'], ['2013-01-01T00:06:00+01:00'])).toBe(
      '2012-12-31T23:06:00.000Z',
    );
    expect(read({ column: 't', format: 'epochSeconds' }, 'UTC', ['t'], ['1357000000.5'])).toBe(
      '2013-01-01T00:26:40.500Z',
    );
    expect(read({ column: 't', format: 'epochMs' }, 'UTC', ['t'], ['1357000000000'])).toBe('2013-01-01T00:26:40.000Z');
  });

  it('takes the earlier of a local time that comes twice, and moves one that is skipped', () => {
    const time = { column: 't', format: 'yyyy-MM-dd HH:mm' };
    expect(read(time, 'Europe/Paris', ['t'], ['2016-10-30 02:30'])).toBe('2016-10-30T00:30:00.000Z');
    expect(read(time, 'Europe/Paris', ['t'], ['2016-03-27 02:30'])).toBe('2016-03-27T01:30:00.000Z');
  });

  it.each(['2013-02-30 10:00', '2013-13-01 10:00', '2013-01-01 25:00', 'yesterday', '', '2013-01-01'])(
    'finds no time in %j',
    (text) => {
      expect(read({ column: 't', format: 'yyyy-MM-dd HH:mm' }, 'UTC', ['t'], [text])).toBeUndefined();
    },
  );

  it('refuses formats and starts that say too little', () => {
    const headers = ['t'];
    expect(() => read({ column: 't', format: 'HH:mm' }, 'UTC', headers, [''])).toThrow(/year, month and day once each/);
    expect(() => read({ column: 't', format: 'yyyy yyyy MM dd' }, 'UTC', headers, [''])).toThrow(/once each/);
    expect(() => read({ start: '1 March', step: '5m' }, 'UTC', headers, [''])).toThrow(
      /write it like "2012-03-01 00:00"/,
    );
    expect(() => read({ start: '2012-03-01', step: '1M' }, 'UTC', headers, [''])).toThrow(/no fixed length/);
  });
});

describe('wallTimeReader', () => {
  it('takes other characters for themselves', () => {
    const parse = wallTimeReader('[dd.MM.yyyy] H:mm:ss,SSS')!;
    expect(parse('[01.02.2020] 7:08:09,010')).toEqual({
      year: 2020,
      month: 2,
      day: 1,
      hour: 7,
      minute: 8,
      second: 9,
      millisecond: 10,
    });
    expect(parse('[01x02.2020] 7:08:09,010')).toBeUndefined();
  });
});
