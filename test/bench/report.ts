import type { AppendToAlert } from './append-to-alert.ts';
import type { HundredThousand, Lag } from './hundred-thousand.ts';
import type { InfluxMeasured } from './influx/measure-influx.ts';
import { influxTables } from './influx/report-influx.ts';
import type { LineProtocolSpeed } from './line-protocol.ts';
import type { Machine } from './machine.ts';
import type { Memory } from './memory.ts';
import type { PublishToQueryable } from './publish-to-queryable.ts';
import { queriesTables } from './queries/report-queries.ts';
import type { Queries } from './queries/measure-queries.ts';
import { median } from './statistics.ts';
import type { Resume } from './resume.ts';
import type { Throughput } from './throughput.ts';
import { windowsRows, type Windows } from './windows/report-windows.ts';

/** What the parts of the bench have measured, those of them that ran. */
export interface Measured {
  readonly throughput?: Throughput;
  readonly publishToQueryable?: PublishToQueryable & { readonly loadRate: number };
  readonly appendToAlert?: AppendToAlert & { readonly loadRate: number };
  readonly lineProtocol?: LineProtocolSpeed;
  readonly memory?: Memory;
  readonly hundredThousand?: HundredThousand;
  readonly queries?: Queries;
  /** Null where InfluxDB is not installed. */
  readonly influx?: InfluxMeasured | null;
  readonly windows?: Windows;
  readonly resume?: Resume;
}

export interface BenchResult extends Measured {
  readonly at: string;
  readonly machine: Machine;
}

type Row = readonly [what: string, measured: string, wanted: string];

/** The tables of README.md, as Markdown. */
export function report(result: BenchResult): string {
  const { at, machine, hundredThousand, queries, influx } = result;
  const { cpu, cores, memoryGiB, system, node, loadAverage } = machine;
  const rows = [...speedRows(result), ...memoryRows(result), ...resumeRows(result)];
  return [
    `${at}, ${cores} cores (${cpu}), ${memoryGiB} GiB, ${system}, Node ${node}, load average ${loadAverage} before`,
    ...(rows.length === 0 ? [] : [markdown([['what', 'measured', 'wanted'], ...rows])]),
    ...(hundredThousand === undefined ? [] : [markdown(scaleRows(hundredThousand))]),
    ...(queries === undefined ? [] : queriesTables(queries).map(markdown)),
    ...(influx == null ? [] : influxTables(influx).map(markdown)),
  ].join('\n\n');
}

function speedRows({ throughput, publishToQueryable, appendToAlert, lineProtocol, windows }: Measured): Row[] {
  return [
    ...(throughput === undefined ? [] : throughputRows(throughput)),
    ...(publishToQueryable === undefined ? [] : queryableRows(publishToQueryable)),
    ...(appendToAlert === undefined ? [] : alertRows(appendToAlert)),
    ...(lineProtocol === undefined ? [] : lineProtocolRows(lineProtocol)),
    ...(windows === undefined ? [] : windowsRows(windows)),
  ];
}

function throughputRows({ bare, hub, ratio, ratioUntilQueryable }: Throughput): Row[] {
  const perSecond = (rounds: Throughput['hub']) => thousands(median(rounds.map((round) => round.messagesPerSecond)));
  const behind = median(hub.map(({ behindMs }) => behindMs ?? 0));
  const ack = `${ms(median(hub.map((round) => round.ackP50Ms)))} / ${ms(median(hub.map((round) => round.ackP99Ms)))}`;
  return [
    ['acknowledged QoS 1 messages a second, hub ÷ bare aedes', ratio.toFixed(2), '≥ 0.35, aim 0.6'],
    ['… bare aedes / hub, messages a second', `${perSecond(bare)} / ${perSecond(hub)}`, ''],
    ['… hub, publish → PUBACK p50 / p99', ack, ''],
    ['… counting until all of it can be queried, hub ÷ bare aedes', ratioUntilQueryable.toFixed(2), ''],
    ['… from the last PUBACK until then', ms(behind), ''],
  ];
}

function queryableRows({ loadRate, p50Ms, p99Ms }: NonNullable<Measured['publishToQueryable']>): Row[] {
  const what = `publish → queryable p50 / p99, at ${thousands(loadRate)} messages a second`;
  return [[what, `${ms(p50Ms)} / ${ms(p99Ms)}`, 'p99 < 500 ms']];
}

function alertRows(seen: NonNullable<Measured['appendToAlert']>): Row[] {
  const what = `append → alert at a subscriber p50 / p99, at ${thousands(seen.loadRate)} messages a second`;
  return [
    [what, `${ms(seen.p50Ms)} / ${ms(seen.p99Ms)}`, 'p99 < 100 ms'],
    ['… from the publish of the deciding reading', `${ms(seen.fromPublishP50Ms)} / ${ms(seen.fromPublishP99Ms)}`, ''],
  ];
}

function lineProtocolRows({ fieldsPerLine, linesPerCpuSecond }: LineProtocolSpeed): Row[] {
  const what = `line protocol to columns, lines of ${fieldsPerLine} fields a second of processor time`;
  return [[what, thousands(median(linesPerCpuSecond)), '> 300 thousand']];
}

function memoryRows({ memory }: Measured): Row[] {
  if (memory === undefined) return [];
  const { devices, metricsEach, residentMiB, atStartMiB, filePagesMiB } = memory;
  const what = `resident memory at ${devices} devices × ${metricsEach} metrics`;
  return [[what, `${residentMiB} MiB (${atStartMiB} at start; ${filePagesMiB ?? '?'} are file pages)`, '']];
}

function resumeRows({ resume }: Measured): Row[] {
  if (resume === undefined) return [];
  const { devices, filledHours, appendToAlert, snapshotMiB, snapshotMs, readyMs, caughtUpMs } = resume;
  const stored = `${resume.acknowledged} / ${resume.stored}`;
  return [
    [
      `${devices} devices in windows of a day, ${filledHours} h filled: kill → ready / caught up`,
      `${ms(readyMs)} / ${ms(caughtUpMs)}`,
      '< 5 s',
    ],
    ["… the engine's snapshot: size, work", `${Math.round(snapshotMiB)} MiB, ${ms(snapshotMs)}`, ''],
    ['… readings acknowledged / found afterwards', stored, 'the same'],
    ...alertRows(appendToAlert).map(([what, ...rest]): Row => [what.replace(/^append/, '… append'), ...rest]),
  ];
}

/** The table of a hundred thousand devices. */
export function scaleRows(seen: HundredThousand): [string, string][] {
  const lags = (of: Readonly<Record<string, Lag>>, unit: (value: number) => string) =>
    Object.entries(of)
      .map(([role, { first, last, max }]) => `${role} ${unit(first)} → ${unit(last)} (${unit(max)})`)
      .join(', ');
  const { residentMiB, filePagesMiB, queryable } = seen;
  return [
    ['a hundred thousand devices, one reading a minute each', 'measured'],
    ['devices described a second', String(seen.describedPerSecond)],
    [
      `${seen.filledMinutes} min of event time before, to fill windows: times as fast as the clock`,
      String(seen.filledAtSpeed),
    ],
    [
      `messages a second, for ${seen.steadySeconds} s (${Math.round(seen.devices / 60)} wanted)`,
      String(seen.messagesPerSecond),
    ],
    ['… how far behind that at most, hub or load generator', ms(seen.loadOwedMaxMs)],
    ['publish → PUBACK p50 / p99', `${ms(seen.ackP50Ms)} / ${ms(seen.ackP99Ms)}`],
    ['publish → queryable p50 / p99', `${ms(queryable.p50Ms)} / ${ms(queryable.p99Ms)}`],
    ['lag of roles, first third → last third (greatest)', lags(seen.lagMs, ms)],
    ['… in entries of the log', lags(seen.lagEntries, String)],
    [
      'resident memory, first third → last third',
      `${residentMiB[0]} → ${residentMiB[1]} MiB (${seen.residentAtStartMiB} at start; ${filePagesMiB ?? '?'} are file pages)`,
    ],
    ["the engine's share of a core", `${Math.round(seen.engineShare * 100)} %`],
    ["the engine's snapshot: size, work", `${Math.round(seen.snapshotMiB)} MiB, ${ms(seen.snapshotMs)}`],
    ['readings acknowledged / found after a kill', `${seen.acknowledged} / ${seen.stored}`],
    ['after the kill: answering / caught up', `${ms(seen.readyAfterKillMs)} / ${ms(seen.caughtUpAfterKillMs)}`],
    ['SIGTERM → exit', ms(seen.stoppedAfterMs)],
  ];
}

function markdown(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`);
  return [lines[0], `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...lines.slice(1)].join('\n');
}

const ms = (value: number) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
const thousands = (value: number) => `${(value / 1000).toFixed(1)} thousand`;
