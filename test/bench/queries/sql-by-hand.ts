import type { QuestionName, Subject } from './questions.ts';

export interface Statement {
  readonly sql: string;
  /** Whether it reads rollups. */
  readonly rollup: boolean;
}

/** What whoever writes by hand knows beforehand. */
export interface Known {
  /** Numbers of the series in question, in order. */
  readonly series: readonly number[];
  /** Where all the readings of the question's range lie. */
  readonly readings: string;
}

const MINUTE = 60_000_000;
const FIVE_MINUTES = 5 * MINUTE;
const HOUR = 60 * MINUTE;

/**
 * Statements for one question on the store's own tables, of which the fastest counts. They know what the store has to
 * find out: which series are meant, where the readings lie, that no label has changed. `place` tells the district and
 * the device of a series by its number. Columns: series of the answer, time (epoch ms), values.
 */
export function sqlByHand(name: QuestionName, { day, month }: Subject, known: Known): readonly Statement[] {
  switch (name) {
    case 'a':
      return [readings(byDistrict(known, day, FIVE_MINUTES, 'avg(value)'))];
    case 'b':
      return [readings(ofOne(known, day, `time // ${FIVE_MINUTES} * ${FIVE_MINUTES}`, 'avg(value)'))];
    case 'c':
      return [readings(`SELECT NULL, time / 1000, value FROM ${from(known, day)} ORDER BY time`)];
    case 'd':
      return [
        readings(`SELECT device, time, value FROM place JOIN (SELECT series, max(time) / 1000 AS time, arg_max(value, time) AS value
          FROM ${known.readings} WHERE ${picked(known)} GROUP BY series) USING (series)`),
      ];
    case 'e':
      return [readings(byDistrict(known, day, HOUR, 'quantile_disc(value, 0.95)'))];
    case 'f':
      return [readings(byDistrict(known, month, HOUR, 'avg(value), min(value), max(value)'))];
  }
}

type Range = Subject['day'];

function byDistrict(known: Known, range: Range, step: number, values: string): string {
  return `SELECT district, time // ${step} * ${step / 1000} AS bucket, ${values}
    FROM ${from(known, range)} JOIN place USING (series) GROUP BY district, bucket ORDER BY district, bucket`;
}

function ofOne(known: Known, range: Range, bucket: string, values: string): string {
  return `SELECT NULL, (${bucket}) / 1000 AS bucket, ${values} FROM ${from(known, range)} GROUP BY bucket ORDER BY bucket`;
}

function from(known: Known, { from, to }: Range): string {
  return `(SELECT series, time, value FROM ${known.readings} WHERE ${picked(known)} AND time >= ${from * 1000} AND time < ${to * 1000})`;
}

function picked({ series }: Known): string {
  return series.length === 1 ? `series = ${series[0]}` : `series IN (${series.join(', ')})`;
}

const readings = (sql: string): Statement => ({ sql, rollup: false });
