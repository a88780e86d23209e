/** What holds in a place whatever stands there to measure it. Units are UCUM. */
export interface ConditionBounds {
  readonly unit: string;
  readonly min: number;
  readonly max: number;
}

/** The conditions of the world that a scenario's timeline can change; each in its district, or in all of them. */
export const CONDITIONS = {
  rain: { unit: 'mm/h', min: 0, max: 200 },
  wind: { unit: 'm/s', min: 0, max: 90 },
  temperature: { unit: 'Cel', min: -40, max: 55 },
  /** Of the air, at sea level. */
  pressure: { unit: 'hPa', min: 870, max: 1085 },
  /** What the sea stands above the predicted tide. */
  surge: { unit: 'm', min: -3, max: 8 },
  /** The river above its gauges' zero. */
  river: { unit: 'm', min: 0, max: 12 },
  /** Of a clear noon. */
  daylight: { unit: '1', min: 0, max: 1 },
  /** 1 or 0. */
  power: { unit: '1', min: 0, max: 1 },
  /** People who came for an event; 1 is a full stadium. */
  crowd: { unit: '1', min: 0, max: 3 },
  /** What a broken main loses; 1 is a burst that empties the district's taps. */
  leak: { unit: '1', min: 0, max: 1 },
  /** 1 makes a working day a day of rest. */
  holiday: { unit: '1', min: 0, max: 1 },
} as const satisfies Readonly<Record<string, ConditionBounds>>;

export type Condition = keyof typeof CONDITIONS;

export function isCondition(name: string): name is Condition {
  return Object.hasOwn(CONDITIONS, name);
}
