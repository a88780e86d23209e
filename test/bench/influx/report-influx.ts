import type { InfluxMeasured } from './measure-influx.ts';

/** The tables of the hub on InfluxDB. */
export function influxTables({ version, readings, writing, asked }: InfluxMeasured): string[][][] {
  const { raw, port, hub, duckDb } = writing;
  const times = (a: number, b: number) => `${(a / b).toFixed(2)} ×`;
  return [
    [
      [`writing ${(readings / 1e6).toFixed(1)} million readings, InfluxDB ${version}`, 'measured', 'wanted'],
      ['its client and nothing around it', `${thousands(raw)} readings a second`, ''],
      ['the hub from its log ÷ that', `${times(hub, raw)} (${thousands(hub)})`, '≥ 0.7'],
      ["the store's port ÷ that", `${times(port, raw)} (${thousands(port)})`, ''],
      ['the port of the store on DuckDB ÷ that', `${times(duckDb, raw)} (${thousands(duckDb)})`, ''],
    ],
    [
      [
        'question',
        'hub on InfluxDB',
        'from',
        'hub ÷ InfluxQL by hand',
        'hub on DuckDB ÷ hub on InfluxDB',
        '`/healthz`',
      ],
      ...asked.map(({ name, what, hubMs, source, byHandMs, duckDbMs, emptyMs }) => [
        `(${name}) ${what}`,
        ms(hubMs),
        source ?? 'memory',
        `${times(hubMs, byHandMs)} (${ms(byHandMs)})`,
        `${times(duckDbMs, hubMs)} (${ms(duckDbMs)})`,
        ms(emptyMs),
      ]),
      ['wanted', '', '', '≤ 1.3', '', ''],
    ],
  ];
}

const thousands = (value: number) => `${(value / 1e3).toFixed(0)} thousand`;
const ms = (value: number) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
