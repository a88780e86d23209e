import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Grouping } from './group.ts';
import { smog } from './testing.ts';

const series = (device: string) => ({ domain: 'environment', device, metric: 'pm25' });

function levels(groupBy: readonly string[] | undefined, device: string, labels: Readonly<Record<string, string>>) {
  const grouping = new Grouping(smog({}, groupBy === undefined ? {} : { groupBy: [...groupBy] }));
  return grouping.levelsOf(grouping.keyOf(series(device), labels), 'harbour');
}

describe('the levels of a group', () => {
  it('have the device alone for subject where a group is a device', () => {
    for (const groupBy of [undefined, ['device'], ['device', 'district'], ['domain', 'device']])
      expect(levels(groupBy, 'urn:aq:1', { district: 'harbour' }).subject).toBe('urn:aq:1');
  });

  it('have every other label in the subject, beside the device as well', () => {
    expect(levels(['device', 'site'], 'aq-1', { site: 'north' }).subject).toBe('aq-1:north');
    expect(levels(['site', 'district', 'device'], 'aq-1', { site: 'north' })).toEqual({
      domain: 'environment',
      district: 'unknown',
      subject: 'north:aq-1',
    });
  });

  it('have no subject without a label beside district and domain', () => {
    expect(levels(['district', 'domain'], 'aq-1', { district: 'x' })).toEqual({ domain: 'environment', district: 'x' });
  });

  it('tell the sign that joins values from the same sign within one', () => {
    expect(levels(['site', 'street'], 'aq-1', { site: 'a:b', street: '100%' }).subject).toBe('a%3Ab:100%25');
  });

  it('are the same only for the same group', () => {
    const name = fc.string({ unit: fc.constantFrom('a', ':', '%', '3', 'A', '2', '5'), minLength: 1, maxLength: 5 });
    const groupBy = fc.constantFrom(['device', 'site'], ['site', 'street'], ['street', 'device', 'district'], ['site']);
    const labels = fc.record({ site: name, street: name, district: name });
    fc.assert(
      fc.property(groupBy, name, labels, name, labels, (names, oneDevice, one, otherDevice, other) => {
        const grouping = new Grouping(smog({}, { groupBy: names }));
        const [a, b] = [grouping.keyOf(series(oneDevice), one), grouping.keyOf(series(otherDevice), other)];
        const same = JSON.stringify(grouping.levelsOf(a, '')) === JSON.stringify(grouping.levelsOf(b, ''));
        expect(same).toBe(a === b);
      }),
      { numRuns: 2000 },
    );
  });

  it('stay out of the sentences people read, which name the values as they are', () => {
    const grouping = new Grouping(smog({}, { groupBy: ['site', 'device', 'district'] }));
    expect(grouping.nameOf(grouping.keyOf(series('aq-1'), { site: 'a:b', district: 'x' }))).toBe('a:b, aq-1');
    const byDistrict = new Grouping(smog({}, { groupBy: ['district'] }));
    expect(byDistrict.nameOf(byDistrict.keyOf(series('aq-1'), { district: 'x' }))).toBe('x');
  });
});
