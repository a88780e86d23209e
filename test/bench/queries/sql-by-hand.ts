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
  /** The hour, counted from the epoch, before which all are rolled up. */
  readonly rolledTo: number;
}

const MINUTE = 60_000_000;
const HOUR = 60 * MINUTE;

/**
 * Statements for one question on the store's own tables, of which the fastest counts. They know what the store has to
 * find out: which series are meant, where the readings lie, that no label has changed. `place` tells the district and
 * the device of a series by its number. Columns: series of the answer, time (epoch ms), values.
 */
export function sqlByHand(name: QuestionName, { metric, day, month }: Subject, known: Known): readonly Statement[] {
  switch (name) {
    case 'a':
      return byDistrict(known, metric, day, 5, 'avg(value)').map(readings);
    case 'b':
      return [readings(ofOne(known, day, 5, 'avg(value)'))];
    case 'c':
      return [readings(`SELECT NULL, time / 1000, value FROM ${from(known, day)} ORDER BY time`)];
    case 'd':
      return [
        readings(`SELECT device, time, value FROM place JOIN (SELECT series, max(time) / 1000 AS time, arg_max(value, time) AS value
          FROM ${known.readings} WHERE ${picked(known)} GROUP BY series) USING (series)`),
      ];
    case 'e':
      return byDistrict(known, metric, day, 60, 'quantile_disc(value, 0.95)').map(readings);
    case 'f':
      return [
        ...byDistrict(known, metric, month, 60, 'avg(value), min(value), max(value)').map(readings),
        { sql: hoursByDistrict(known, month), rollup: true },
      ];
  }
}

type Range = Subject['day'];

/** The series by a list of their numbers, which skips blocks, and by the join alone, which is less to look up for each reading. */
function byDistrict(known: Known, metric: string, range: Range, minutes: number, values: string): readonly string[] {
  const select = `SELECT district, ${bucket(known, minutes)} AS bucket, ${values}`;
  const grouped = 'GROUP BY district, bucket ORDER BY district, bucket';
  return [
    `${select} FROM ${from(known, range)} JOIN place USING (series) ${grouped}`,
    `${select} FROM ${from(known, range, 'true')} JOIN (FROM place WHERE metric = '${metric}') USING (series) ${grouped}`,
  ];
}

/** Hours that are rolled up, and the readings after them. */
function hoursByDistrict(known: Known, { from: first, to }: Range): string {
  const { rolledTo } = known;
  return `SELECT district, hour * ${HOUR / 1000} AS bucket, sum(sum) / sum(count), min(min), max(max) FROM (
      SELECT series, start::BIGINT AS hour, sum, count, min, max FROM rollup_1h
        WHERE ${picked(known)} AND start >= ${(first * 1000) / HOUR} AND start < ${Math.min((to * 1000) / HOUR, rolledTo)}
      UNION ALL SELECT series, time // ${HOUR} AS hour, sum(value), count(*), min(value), max(value)
        FROM ${from(known, { from: (rolledTo * HOUR) / 1000, to })} GROUP BY series, hour
    ) JOIN place USING (series) GROUP BY district, bucket ORDER BY district, bucket`;
}

function ofOne(known: Known, range: Range, minutes: number, values: string): string {
  return `SELECT NULL, ${bucket(known, minutes)} AS bucket, ${values} FROM ${from(known, range)} GROUP BY bucket ORDER BY bucket`;
}

/** Epoch ms. `sealed` has the minute in a column of its own. */
function bucket({ readings }: Known, minutes: number): string {
  if (readings === 'sealed') return `(minute // ${minutes})::BIGINT * ${(minutes * MINUTE) / 1000}`;
  return `time // ${minutes * MINUTE} * ${(minutes * MINUTE) / 1000}`;
}

function from(known: Known, { from, to }: Range, which = picked(known)): string {
  const minute = known.readings === 'sealed' ? 'minute, ' : '';
  return `(SELECT series, ${minute}time, value FROM ${known.readings} WHERE ${which} AND ${within(known, from * 1000, to * 1000)})`;
}

/** In `sealed` the engine skips by minutes. */
function within({ readings }: Known, from: number, to: number): string {
  return readings === 'sealed'
    ? `minute >= ${from / MINUTE} AND minute < ${to / MINUTE}`
    : `time >= ${from} AND time < ${to}`;
}

function picked({ series }: Known): string {
  return series.length === 1 ? `series = ${series[0]}` : `series IN (${series.join(', ')})`;
}

const readings = (sql: string): Statement => ({ sql, rollup: false });
