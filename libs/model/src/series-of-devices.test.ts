import { describe, expect, it } from '@jest/globals';
import { SeriesOfDevices } from './series-of-devices.ts';

const of = (device: string, metric: string, domain = 'e') => ({ domain, device, metric });

describe('the series of devices', () => {
  it('are found by the device, in order and in all its domains, also those that came later', () => {
    const all = [of('a', 'm'), of('b', 'm'), of('a', 'n', 'f')];
    const series = new SeriesOfDevices();
    series.grow(all);
    expect([series.of('a'), series.of('b'), series.of('c')]).toEqual([[0, 2], [1], []]);
    series.grow([...all, of('a', 'o'), of('c', 'm')]);
    expect([series.of('a'), series.of('c'), [...series.devices()], series.known]).toEqual([
      [0, 2, 3],
      [4],
      ['a', 'b', 'c'],
      5,
    ]);
  });
});
