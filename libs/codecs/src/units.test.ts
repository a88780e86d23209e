import { describe, expect, it } from '@jest/globals';
import { conversionBetween, unitFault } from './units.ts';

describe('UCUM units', () => {
  it.each(['Cel', 'ug/m3', 'km/h', '%', '1', 'kPa', '[degF]', 'm3/h', 'dB[SPL]'])('knows %s', (unit) => {
    expect(unitFault(unit)).toBeUndefined();
  });

  it.each([
    '',
    'µg/m³',
    'degrees',
    'furlong per fortnight',
    'x'.repeat(65),
    '((((',
    '\u0000',
    '__proto__',
    'constructor',
    'm/toString',
  ])('knows %j not', (unit) => {
    expect(unitFault(unit)).toEqual(expect.any(String));
  });

  it.each([
    ['degF', '[degF]'],
    ['°F', '[degF]'],
    ['degC', 'Cel'],
    ['°C', 'Cel'],
    ['celsius', 'Cel'],
    ['µg/m³', 'ug/m3'],
    ['ug/m^3', 'ug/m3'],
    ['km/hr', 'km/h'],
    ['kWh', 'kW.h'],
    ['kvar', 'kV.A'],
    ['kVAr', 'kV.A'],
    ['NTU', '{NTU}'],
    ['percent', '%'],
    ['ppm', '[ppm]'],
    ['lux', 'lx'],
    ['lb_av', '[lb_av]'],
    ['meters per second', 'm/s'],
  ])('says what to write instead of %s: %s', (written, meant) => {
    expect(unitFault(written)).toBe(`is not a UCUM unit; write "${meant}"`);
    expect(unitFault(meant)).toBeUndefined();
  });

  it('suggests nothing where it does not know', () => {
    expect(unitFault('furlongs')).toBe('is not a UCUM unit, like "Cel", "ug/m3" or "km/h"');
    expect(unitFault('__proto__')).toBe('is not a UCUM unit, like "Cel", "ug/m3" or "km/h"');
  });

  it.each([
    ['Cel', '[degF]', 100, 212],
    ['[degF]', 'Cel', 212, 100],
    ['K', 'Cel', 0, -273.15],
    ['mg/m3', 'ug/m3', 1.5, 1500],
    ['km/h', 'm/s', 36, 10],
    ['[mi_i]/h', 'km/h', 1, 1.609344],
    ['bar', 'kPa', 2, 200],
    ['1', '%', 0.5, 50],
    ['Cel', 'Cel', 21.3, 21.3],
  ])('converts %s to %s', (from, to, value, expected) => {
    const { factor, offset } = conversionBetween(from, to)!;
    expect(value * factor + offset).toBeCloseTo(expected, 9);
  });

  it('leaves no noise in the usual factors', () => {
    expect(conversionBetween('Cel', '[degF]')).toEqual({ factor: 1.8, offset: 32 });
    expect(conversionBetween('mg/m3', 'ug/m3')).toEqual({ factor: 1000, offset: 0 });
  });

  it.each([
    ['ug/m3', 'Cel'],
    ['mol', 'g'],
    ['dB[SPL]', 'Pa'],
    ['nonsense', 'Cel'],
  ])('does not convert %s to %s', (from, to) => {
    expect(conversionBetween(from, to)).toBeUndefined();
  });
});
