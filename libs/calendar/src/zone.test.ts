import { describe, expect, it } from '@jest/globals';
import { isTimeZone, laterOfTwice, wallTimeToEpochMs } from './zone.ts';

describe('wallTimeToEpochMs', () => {
  it('takes the earlier of a time that comes twice', () => {
    expect(wallTimeToEpochMs({ year: 2016, month: 10, day: 30, hour: 1, minute: 30 }, 'Europe/London')).toBe(
      Date.parse('2016-10-30T00:30:00Z'),
    );
  });

  it('moves a skipped time forward by the gap', () => {
    expect(wallTimeToEpochMs({ year: 2016, month: 3, day: 27, hour: 1, minute: 30 }, 'Europe/London')).toBe(
      Date.parse('2016-03-27T01:30:00Z'),
    );
  });

  it('refuses a date that does not exist', () => {
    expect(() => wallTimeToEpochMs({ year: 2026, month: 2, day: 30 }, 'UTC')).toThrow(RangeError);
  });
});

describe('laterOfTwice', () => {
  it.each([
    ['Europe/London', '2016-10-30T00:30:00Z', '2016-10-30T01:30:00Z'],
    ['Australia/Lord_Howe', '2016-04-02T14:45:00Z', '2016-04-02T15:15:00Z'],
    ['Europe/London', '2016-10-30T01:30:00Z', undefined],
    ['Europe/London', '2016-10-29T23:59:59Z', undefined],
    ['UTC', '2016-10-30T00:30:00Z', undefined],
  ])('in %s of %s is %s', (timeZone, time, later) => {
    expect(laterOfTwice(Date.parse(time), timeZone)).toBe(later && Date.parse(later));
  });
});

describe('isTimeZone', () => {
  it('knows IANA names and refuses others', () => {
    expect(isTimeZone('Asia/Shanghai')).toBe(true);
    expect(isTimeZone('Mars/Olympus')).toBe(false);
    expect(isTimeZone('')).toBe(false);
  });
});
