import type { RuleCounts } from '@seawall/alerts';
import type { MetricFamily, MetricSample } from '@seawall/api';
import { REJECTION_REASONS } from '@seawall/model';
import type { Gateway } from '@seawall/gateway';
import type { Journal, SessionStore } from '@seawall/ports';
import type { ClockWatch } from './clock/clock-watch.ts';
import type { DiskWatch } from './disk/disk-watch.ts';
import type { LastRun } from './last-run.ts';
import { counter, gauge } from './metric-families.ts';
import type { EngineView } from './roles/engine-view.ts';
import type { Maintainer, MaintainerStatus } from './roles/maintainer.ts';
import type { Role } from './roles/role.ts';
import { roomMetrics, type JournalBounds } from './room-metrics.ts';
import { sessionMetrics } from './session-metrics.ts';

export interface MetricsView {
  readonly journal: Pick<Journal, 'status'>;
  readonly gateway: Pick<Gateway, 'status'>;
  readonly sessions: Pick<SessionStore, 'status'>;
  readonly roles: readonly Role[];
  readonly engine: EngineView;
  readonly maintainer: Pick<Maintainer, 'status'>;
  readonly clock: Pick<ClockWatch, 'behindMs' | 'stampsAheadMs'>;
  readonly disk: Pick<DiskWatch, 'status'>;
  readonly journalBounds: JournalBounds;
  readonly dataDir: string;
  /** How the run before this one ended. */
  readonly previousRun: LastRun;
  readonly droppedLogLines: () => number;
}

/** What only the hub can count, beside what the ports tell of themselves. */
export function hubMetrics(view: MetricsView): readonly MetricFamily[] {
  const { gateway, sessions, journal, roles, engine, maintainer, clock, previousRun } = view;
  return [
    ...gatewayMetrics(gateway),
    ...sessionMetrics(sessions),
    ...roleMetrics(roles, journal.status().lastStamp),
    ...engineMetrics(engine),
    ...roomMetrics(view),
    ...maintenanceMetrics(maintainer.status()),
    gauge(
      'seawall_expiry_behind_seconds',
      'How far the time by which readings expire is behind the clock; many where the clock has jumped ahead.',
      clock.behindMs() / 1000,
    ),
    gauge(
      'seawall_journal_ahead_seconds',
      "How far the journal's last stamp is ahead of the clock, which was ahead before or has been set back.",
      clock.stampsAheadMs() / 1000,
    ),
    ...previousRunMetrics(previousRun),
    counter(
      'seawall_log_dropped_lines_total',
      'Lines of the log that were dropped because standard error did not take them; what waited when its reader went is not counted.',
      view.droppedLogLines(),
    ),
  ];
}

function gatewayMetrics(gateway: Pick<Gateway, 'status'>): MetricFamily[] {
  const status = gateway.status();
  const rejected = REJECTION_REASONS.map((reason) => ({ labels: { reason }, value: status.rejected[reason] ?? 0 }));
  return [
    counter('seawall_gateway_messages_total', 'MQTT messages and HTTP submissions taken in.', status.messages),
    counter('seawall_gateway_readings_total', 'Readings accepted and stored.', status.acceptedReadings),
    counter(
      'seawall_gateway_out_of_range_readings_total',
      'Of the accepted readings, those outside the min and max of their metric; they are stored and flagged.',
      status.outOfRangeReadings,
    ),
    { name: 'seawall_gateway_rejected_total', help: 'Rejections since the start.', kind: 'counter', samples: rejected },
    counter('seawall_gateway_answers_total', 'Answers on errors topics.', status.answers),
    counter('seawall_gateway_refused_connections_total', 'Connections refused.', status.refusedConnections),
    counter(
      'seawall_gateway_slow_subscribers_cut_total',
      'Subscribers cut because they did not read.',
      status.slowSubscribersCut,
    ),
    gauge('seawall_gateway_connections', 'MQTT connections.', status.connections),
    gauge('seawall_gateway_devices', 'Devices known.', status.devices),
    gauge('seawall_gateway_held_bytes', 'Bytes that wait for the disk.', status.heldBytes),
    gauge('seawall_gateway_oldest_wait_seconds', 'How long the oldest of it has waited.', status.oldestWaitMs / 1000),
    counter(
      'seawall_gateway_refused_appends_total',
      'Appends that the journal refused for good; their senders were cut off unacknowledged.',
      status.refusedAppends,
    ),
    gauge('seawall_gateway_paused_sockets', 'Sockets not read while the disk is slow.', status.pausedSockets),
  ];
}

function roleMetrics(roles: readonly Role[], lastStamp: number): MetricFamily[] {
  const statuses = roles.map((role) => role.status());
  const samples = (value: (status: (typeof statuses)[number]) => number): MetricSample[] =>
    statuses.map((status) => ({ labels: { role: status.name }, value: value(status) }));
  return [
    {
      name: 'seawall_role_up',
      help: '0 while a role recovers from a failure.',
      kind: 'gauge',
      samples: samples(({ running, failure }) => (running && failure === undefined ? 1 : 0)),
    },
    {
      name: 'seawall_role_seq',
      help: 'Journal sequence a role is past.',
      kind: 'gauge',
      samples: samples(({ seq }) => seq),
    },
    {
      name: 'seawall_role_lag_seconds',
      help: "From the last entry a role is past to the journal's last, by their stamps; a role that is past nothing yet is left out.",
      kind: 'gauge',
      samples: statuses
        .filter(({ stamp }) => stamp > 0)
        .map(({ name, stamp }) => ({ labels: { role: name }, value: Math.max(0, lastStamp - stamp) / 1000 })),
    },
  ];
}

function engineMetrics({ current, busyMs, snapshot, refused }: EngineView): MetricFamily[] {
  if (current === undefined) return [];
  const { rules, scopes, openSlices, counts, alerts } = current.status();
  const counted = Object.entries(counts);
  const perRule = (count: keyof RuleCounts): MetricSample[] =>
    counted.filter(([, of]) => of[count] > 0).map(([rule, of]) => ({ labels: { rule }, value: of[count] }));
  return [
    counter(
      'seawall_engine_busy_seconds_total',
      'Time the engine has worked, its snapshots counted in.',
      busyMs / 1000,
    ),
    gauge('seawall_engine_snapshot_bytes', "Size of the engine's last snapshot.", snapshot.bytes),
    gauge('seawall_engine_snapshot_seconds', 'How long making the last snapshot took.', snapshot.tookMs / 1000),
    gauge('seawall_engine_rules', 'Rules in force.', rules),
    gauge('seawall_engine_refused_rules', 'Rules that the engine does not run; /readyz says why.', refused.length),
    gauge('seawall_engine_scopes', 'Groups whose readings are windowed.', scopes),
    gauge('seawall_engine_open_slices', 'Stretches of windows whose readings are still kept.', openSlices),
    gauge('seawall_engine_alerts_pending', 'Alerts that wait for their "for".', alerts.pending),
    {
      name: 'seawall_engine_late_readings_total',
      help: 'Readings later than is allowed, which changed no window.',
      kind: 'counter',
      samples: perRule('late'),
    },
    {
      name: 'seawall_engine_revised_windows_total',
      help: 'Windows that late readings have changed after they were decided on.',
      kind: 'counter',
      samples: perRule('revised'),
    },
    {
      name: 'seawall_engine_pushed_on_total',
      help: 'How often a group held too many readings, and its windows were closed early.',
      kind: 'counter',
      samples: perRule('pushedOn'),
    },
  ];
}

function maintenanceMetrics({ pieces, busyMs, failure }: MaintainerStatus): MetricFamily[] {
  return [
    gauge(
      'seawall_maintenance_up',
      '0 while the series store can not be kept in order; /readyz says why.',
      failure === undefined ? 1 : 0,
    ),
    counter('seawall_maintenance_pieces_total', 'Pieces of background work done in the series store.', pieces),
    counter('seawall_maintenance_busy_seconds_total', 'Time they took.', busyMs / 1000),
  ];
}

/** Nothing on the first run. */
function previousRunMetrics(run: LastRun): MetricFamily[] {
  if (run.kind === 'none') return [];
  return [
    gauge('seawall_previous_run_clean', '0 if the hub ended without being stopped.', run.kind === 'clean' ? 1 : 0),
    gauge('seawall_previous_run_end_seconds', 'Stamp of its last entry, epoch seconds.', run.stamp / 1000),
  ];
}
