import { DAY_MS, DOMAIN, type CityReadings } from './city-readings.ts';

/** One question, put to the hub and to InfluxDB. */
export interface Question {
  readonly name: QuestionName;
  readonly what: string;
  /** To the hub: a query document, or the path of a list. */
  readonly hub: { readonly document: Readonly<Record<string, unknown>> } | { readonly path: string };
  readonly influxQl: string;
  /** Names of the answer's values, in the order of InfluxDB's columns. */
  readonly values: readonly string[];
  /** The label that tells the series of the answer apart. */
  readonly by: 'district' | 'device' | undefined;
}

export type QuestionName = 'a' | 'b' | 'c' | 'd' | 'e' | 'f';

/** What the questions are about: a day in the middle of the month, a station in the middle of the city. */
export interface Subject {
  readonly metric: string;
  readonly device: string;
  readonly day: Range;
  readonly month: Range;
}

interface Range {
  /** Epoch ms. */
  readonly from: number;
  readonly to: number;
}

export function subjectOf({ from, to, stations, metrics }: CityReadings): Subject {
  const dayStart = from + 15 * DAY_MS;
  return {
    metric: metrics[0]!.name,
    device: stations[Math.floor(stations.length / 2)]!.device,
    day: { from: dayStart, to: dayStart + DAY_MS },
    month: { from, to },
  };
}

/** The six of the project's aims, by their letters. */
export function questions({ metric, device, day, month }: Subject): readonly Question[] {
  const about = { metrics: [metric], where: { domain: [DOMAIN] } };
  const one = { metrics: [metric], where: { domain: [DOMAIN], device: [device] } };
  const groupBy = ['district'];
  const of = `FROM ${DOMAIN} WHERE`;
  return [
    {
      name: 'a',
      what: 'one metric, a day, 5-minute mean by district',
      hub: { document: { ...about, ...day, step: '5m', aggregate: ['mean'], groupBy } },
      influxQl: `SELECT mean(${metric}) ${of} ${within(day)} GROUP BY time(5m), district fill(none)`,
      values: ['mean'],
      by: 'district',
    },
    {
      name: 'b',
      what: 'one device and metric, a day, 5-minute mean',
      hub: { document: { ...one, ...day, step: '5m', aggregate: ['mean'] } },
      influxQl: `SELECT mean(${metric}) ${of} device = '${device}' AND ${within(day)} GROUP BY time(5m) fill(none)`,
      values: ['mean'],
      by: undefined,
    },
    {
      name: 'c',
      what: 'one device and metric, a day, raw',
      hub: { document: { ...one, ...day } },
      influxQl: `SELECT ${metric} ${of} device = '${device}' AND ${within(day)}`,
      values: ['value'],
      by: undefined,
    },
    {
      name: 'd',
      what: 'the latest of one metric for every device',
      hub: { path: `/api/v1/latest?domain=${DOMAIN}&metric=${metric}&limit=1000` },
      influxQl: `SELECT last(${metric}) FROM ${DOMAIN} GROUP BY device`,
      values: ['value'],
      by: 'device',
    },
    {
      name: 'e',
      what: 'one metric, a day, hourly p95 by district',
      hub: { document: { ...about, ...day, step: '1h', aggregate: ['p95'], groupBy } },
      influxQl: `SELECT percentile(${metric}, 95) ${of} ${within(day)} GROUP BY time(1h), district fill(none)`,
      values: ['p95'],
      by: 'district',
    },
    {
      name: 'f',
      what: 'one metric, a month, hourly mean, min and max by district',
      hub: { document: { ...about, ...month, step: '1h', aggregate: ['mean', 'min', 'max'], groupBy } },
      influxQl: `SELECT mean(${metric}), min(${metric}), max(${metric}) ${of} ${within(month)} GROUP BY time(1h), district fill(none)`,
      values: ['mean', 'min', 'max'],
      by: 'district',
    },
  ];
}

function within({ from, to }: Range): string {
  return `time >= ${from}ms AND time < ${to}ms`;
}
