/** `other = value × factor + offset`. */
export interface Conversion {
  readonly factor: number;
  readonly offset: number;
}

/** UCUM unit → other units in which such instruments are sold, and how a value turns into them. */
const OTHER: Readonly<Record<string, Readonly<Record<string, Conversion>>>> = {
  Cel: { '[degF]': { factor: 1.8, offset: 32 }, K: times(1, 273.15) },
  'km/h': { '[mi_i]/h': times(1 / 1.609344), 'm/s': times(1 / 3.6) },
  'm/s': { 'km/h': times(3.6) },
  kPa: { bar: times(0.01), Pa: times(1000) },
  hPa: { kPa: times(0.1) },
  'm3/h': { 'L/min': times(1000 / 60), 'L/s': times(1 / 3.6) },
  'ug/m3': { 'mg/m3': times(0.001) },
  m: { cm: times(100), mm: times(1000) },
  cm: { m: times(0.01) },
  mm: { cm: times(0.1) },
  'mm/h': { 'cm/h': times(0.1) },
  kW: { W: times(1000) },
  W: { kW: times(0.001) },
  'kW.h': { 'W.h': times(1000) },
  A: { mA: times(1000) },
  V: { kV: times(0.001) },
  kV: { V: times(1000) },
  min: { s: times(60) },
  s: { min: times(1 / 60) },
};

function times(factor: number, offset = 0): Conversion {
  return { factor, offset };
}

/** @returns undefined where the table does not lead from one to the other */
export function conversionOf(unit: string, other: string): Conversion | undefined {
  return OTHER[unit]?.[other];
}

export function otherUnits(unit: string): readonly string[] {
  return Object.keys(OTHER[unit] ?? {});
}
