import { describe, expect, it } from '@jest/globals';
import { bucketStart, dayStart, LONDON, NEW_YORK, SHANGHAI } from './zone.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const at = Date.parse;

describe('the days the hub is compared with', () => {
  it('begin at local midnight, before and after a change of the clocks', () => {
    expect(dayStart(SHANGHAI, at('2015-12-07T16:00:00Z'))).toBe(at('2015-12-07T16:00:00Z'));
    expect(dayStart(SHANGHAI, at('2015-12-07T15:59:59Z'))).toBe(at('2015-12-06T16:00:00Z'));
    expect(dayStart(LONDON, at('2016-10-30T00:30:00Z'))).toBe(at('2016-10-29T23:00:00Z'));
    expect(dayStart(LONDON, at('2016-10-30T23:59:59Z'))).toBe(at('2016-10-29T23:00:00Z'));
    expect(dayStart(LONDON, at('2016-10-31T00:00:00Z'))).toBe(at('2016-10-31T00:00:00Z'));
  });

  it('last 25 hours in autumn and 23 in spring', () => {
    const lengthOf = (noon: string, zone = NEW_YORK) =>
      (dayStart(zone, at(noon) + DAY) - dayStart(zone, at(noon))) / HOUR;
    expect(lengthOf('2013-11-03T17:00:00Z')).toBe(25);
    expect(lengthOf('2013-03-10T16:00:00Z')).toBe(23);
    expect(lengthOf('2013-07-01T16:00:00Z')).toBe(24);
    expect(lengthOf('2016-10-30T12:00:00Z', LONDON)).toBe(25);
  });

  it('are cut from midnight on, so the last stretch of a long day is short', () => {
    const last = bucketStart(LONDON, at('2016-10-30T23:30:00Z'), 6 * HOUR);
    expect(last).toBe(at('2016-10-30T23:00:00Z'));
  });
});
