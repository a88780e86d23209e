import type { Problem } from './problem.ts';

/** Where InfluxDB's clients write to, who read errors in InfluxDB's shape. */
export const INFLUX_WRITE_PATH = '/api/v2/write';

/** InfluxDB 2's words for a status. */
const CODES: ReadonlyMap<number, string> = new Map([
  [400, 'invalid'],
  [401, 'unauthorized'],
  [403, 'forbidden'],
  [404, 'not found'],
  [413, 'request too large'],
  [415, 'invalid'],
  [422, 'unprocessable entity'],
  [429, 'too many requests'],
  [501, 'not implemented'],
  [503, 'unavailable'],
]);

export interface InfluxError {
  readonly code: string;
  readonly message: string;
}

export function influxError({ status, message }: Pick<Problem, 'status' | 'message'>): InfluxError {
  return { code: CODES.get(status) ?? 'internal error', message };
}
