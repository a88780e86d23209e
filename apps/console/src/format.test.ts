import { describe, expect, it } from '@jest/globals';
import { CityTime, durationText, meanText, numberText, roughly, unitText, valueText } from './format.ts';

describe('what people read', () => {
  it.each([
    ['ug/m3', 'µg/m³'],
    ['Cel', '°C'],
    ['{veh}/h', 'veh/h'],
    ['km/h', 'km/h'],
    ['1', ''],
    [null, ''],
  ])('of the unit %s is "%s"', (ucum, text) => expect(unitText(ucum)).toBe(text));

  it.each([
    [12.3456, '12.3'],
    [0.0123, '0.01'],
    [1234.5, '1,235'],
    [-7.25, '-7.25'],
    [0, '0'],
    [NaN, '–'],
  ])('of the number %d is "%s"', (value, text) => expect(numberText(value)).toBe(text));

  it('of a mean of states is the state they share, how many are on, or that they differ', () => {
    const lamp = { '0': 'off', '1': 'on' };
    const signal = { '0': 'dark', '1': 'amber', '2': 'green' };
    expect(meanText({ mean: 1, min: 1, max: 1 }, null, signal)).toBe('amber');
    expect(meanText({ mean: 1, min: 0, max: 2 }, null, signal)).toBe('mixed'); // not "amber"
    expect(meanText({ mean: 0.834, min: 0, max: 1 }, null, lamp)).toBe('83.4 % on');
    expect(meanText({ mean: 12.1, min: 10, max: 14 }, 'ug/m3', null)).toBe('12.1 µg/m³');
  });

  it('of a state is its name, and of no known state its number', () => {
    const states = { '0': 'free', '1': 'occupied' };
    expect([valueText(1, null, states), valueText(0.5, null, states)]).toEqual(['occupied', '0.5']);
    expect(valueText(12.1, 'ug/m3', null)).toBe('12.1 µg/m³');
  });

  it.each([
    [-5, '0 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [3 * 3_600_000 + 5 * 60_000, '3 h 5 min'],
    [3_600_000, '1 h'],
    [52 * 3_600_000, '2 d 4 h'],
  ])('of %d ms is "%s"', (ms, text) => {
    expect(durationText(ms)).toBe(text);
    expect(text.startsWith(roughly(ms))).toBe(true);
  });

  it("of a time is the city's, with the day where it is another", () => {
    const time = new CityTime('Asia/Shanghai');
    const now = Date.parse('2026-11-24T10:00:00Z');
    expect(time.moment(now, now)).toBe('18:00:00');
    expect(time.moment(Date.parse('2026-11-23T15:59:00Z'), now)).toBe('23 Nov, 23:59');
    expect(time.moment(Date.parse('2026-11-23T16:00:00Z'), now)).toBe('00:00:00');
  });
});
