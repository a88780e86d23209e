import type { AppendToAlert } from './append-to-alert.ts';
import type { HundredThousand, Lag } from './hundred-thousand.ts';
import type { LineProtocolSpeed } from './line-protocol.ts';
import type { Machine } from './machine.ts';
import type { Memory } from './memory.ts';
import type { PublishToQueryable } from './publish-to-queryable.ts';
import { median } from './statistics.ts';
import type { Throughput } from './throughput.ts';

export interface BenchResult {
  readonly at: string;
  readonly machine: Machine;
  readonly throughput: Throughput;
  readonly publishToQueryable: PublishToQueryable & { readonly loadRate: number };
  readonly appendToAlert: AppendToAlert & { readonly loadRate: number };
  readonly lineProtocol: LineProtocolSpeed;
  readonly memory: Memory;
  readonly hundredThousand: HundredThousand;
}

/** The tables of README.md, as Markdown. */
export function report({
  at,
  machine,
  throughput,
  publishToQueryable,
  appendToAlert,
  lineProtocol,
  memory,
  hundredThousand,
}: BenchResult): string {
  const { bare, hub, ratio, ratioUntilQueryable } = throughput;
  const perSecond = (rounds: Throughput['hub']) => thousands(median(rounds.map((round) => round.messagesPerSecond)));
  const behind = median(hub.map(({ behindMs }) => behindMs ?? 0));
  const ack = `${ms(median(hub.map((round) => round.ackP50Ms)))} / ${ms(median(hub.map((round) => round.ackP99Ms)))}`;
  const rows: readonly (readonly [string, string, string])[] = [
    ['what', 'measured', 'wanted'],
    ['acknowledged QoS 1 messages a second, hub ÷ bare aedes', ratio.toFixed(2), '≥ 0.35, aim 0.6'],
    ['… bare aedes / hub, messages a second', `${perSecond(bare)} / ${perSecond(hub)}`, ''],
    ['… hub, publish → PUBACK p50 / p99', ack, ''],
    ['… counting until all of it can be queried, hub ÷ bare aedes', ratioUntilQueryable.toFixed(2), ''],
    ['… from the last PUBACK until then', ms(behind), ''],
    [
      `publish → queryable p50 / p99, at ${thousands(publishToQueryable.loadRate)} messages a second`,
      `${ms(publishToQueryable.p50Ms)} / ${ms(publishToQueryable.p99Ms)}`,
      'p99 < 500 ms',
    ],
    [
      `append → alert at a subscriber p50 / p99, at ${thousands(appendToAlert.loadRate)} messages a second`,
      `${ms(appendToAlert.p50Ms)} / ${ms(appendToAlert.p99Ms)}`,
      'p99 < 100 ms',
    ],
    [
      '… from the publish of the deciding reading',
      `${ms(appendToAlert.fromPublishP50Ms)} / ${ms(appendToAlert.fromPublishP99Ms)}`,
      '',
    ],
    [
      `line protocol to columns, lines of ${lineProtocol.fieldsPerLine} fields a second of processor time`,
      thousands(median(lineProtocol.linesPerCpuSecond)),
      '> 300 thousand',
    ],
    [
      `resident memory at ${memory.devices} devices × ${memory.metricsEach} metrics`,
      `${memory.residentMiB} MiB (${memory.atStartMiB} at start; ${memory.filePagesMiB ?? '?'} are file pages)`,
      '',
    ],
  ];
  const { cpu, cores, memoryGiB, system, node, loadAverage } = machine;
  return `${at}, ${cores} cores (${cpu}), ${memoryGiB} GiB, ${system}, Node ${node}, load average ${loadAverage} before\n\n${markdown(rows)}\n\n${markdown(scaleRows(hundredThousand))}`;
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
    ['event time before, to fill windows, times as fast as the clock', String(seen.filledAtSpeed)],
    [`messages a second, for ${seen.steadySeconds} s`, String(seen.messagesPerSecond)],
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
  ];
}

function markdown(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`);
  return [lines[0], `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...lines.slice(1)].join('\n');
}

const ms = (value: number) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
const thousands = (value: number) => `${(value / 1000).toFixed(1)} thousand`;
