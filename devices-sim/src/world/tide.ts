const HOUR_MS = 3_600_000;

/** The largest constituents of a semidiurnal coast: name, period in hours, amplitude in m, phase in turns. */
const CONSTITUENTS: readonly (readonly [name: string, periodHours: number, amplitude: number, phase: number])[] = [
  ['M2', 12.4206012, 1.35, 0.12],
  ['S2', 12, 0.42, 0.57],
  ['N2', 12.65834751, 0.25, 0.81],
  ['K1', 23.93447213, 0.09, 0.33],
];

/** The astronomical tide above mean sea level, in m. The moon knows no seed. @param eventTime epoch ms */
export function predictedTide(eventTime: number): number {
  const hours = eventTime / HOUR_MS;
  return CONSTITUENTS.reduce(
    (sum, [, period, amplitude, phase]) => sum + amplitude * Math.cos(2 * Math.PI * (hours / period + phase)),
    0,
  );
}

/**
 * What air and wind lift the sea above the tide, in m: 1 cm for each hPa that the air is light, and the square of an
 * onshore wind above a breeze.
 */
export function liftedSea(pressureHPa: number, windMs: number): number {
  return 0.01 * (1013 - pressureHPa) + 0.0013 * Math.max(0, windMs - 8) ** 2;
}
