import type { Queries } from './measure-queries.ts';

/** The table of the six questions, and what they were put to. */
export function queriesTables({
  readings,
  series,
  loaded,
  emptyMs,
  asked,
  bytesPerReading,
  influx,
}: Queries): string[][][] {
  const head = ['question', 'hub', 'from', 'hub ÷ by hand', 'by hand without rollups ÷ hub', 'InfluxDB ÷ hub'];
  const rows = asked.map(({ name, what, hubMs, source, byHandMs, readingsMs, influxMs }) => [
    `(${name}) ${what}`,
    ms(hubMs),
    source ?? 'memory',
    `${ratio(hubMs / byHandMs)} (${ms(byHandMs)})`,
    `${ratio(readingsMs / hubMs)} (${ms(readingsMs)})`,
    influxMs === null ? '–' : `${ratio(influxMs / hubMs)} (${ms(influxMs)})`,
  ]);
  const wanted = ['wanted', '', '', '≤ 1.5', '', '> 1'];
  const bytes = `${bytesPerReading.toFixed(2)}${influx === null ? '' : ` (InfluxDB ${influx.version}: ${influx.bytesPerReading.toFixed(2)})`}`;
  return [
    [head, ...rows, wanted],
    [
      ['the store that was asked', 'measured', 'wanted'],
      ['readings, in series', `${(readings / 1e6).toFixed(1)} million, ${series}`, ''],
      ['bytes on disk a reading', bytes, '< 3'],
      ['an answer without work (`/healthz`)', ms(emptyMs), ''],
      ['writing, then maintenance', `${seconds(loaded.writeSeconds)}, ${seconds(loaded.maintainSeconds)}`, ''],
      ...(influx === null ? [] : [['InfluxDB: writing', seconds(influx.loadSeconds), '']]),
    ],
  ];
}

const ms = (value: number) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
const ratio = (value: number) => `${value < 10 ? value.toFixed(2) : value.toFixed(0)} ×`;
/** NaN: it was there already. */
const seconds = (value: number) => (Number.isNaN(value) ? 'not measured' : `${value.toFixed(0)} s`);
