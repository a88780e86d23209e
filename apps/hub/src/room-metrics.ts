import type { MetricFamily } from '@seawall/api';
import type { Journal, JournalStatus, TrimPolicy } from '@seawall/ports';
import { diskUse } from './disk/disk-use.ts';
import type { DiskWatch } from './disk/disk-watch.ts';
import { gauge, gaugeBy } from './metric-families.ts';

export interface JournalBounds extends TrimPolicy {
  /** Of kept entries, beyond which nothing from outside is taken. */
  readonly limitBytes: number;
  /** Of the file: larger means that a role was behind. */
  readonly highWaterBytes: number;
}

export interface RoomView {
  readonly journal: Pick<Journal, 'status'>;
  readonly journalBounds: JournalBounds;
  readonly disk: Pick<DiskWatch, 'status'>;
  readonly dataDir: string;
}

const REASONS: readonly NonNullable<JournalStatus['suspendedBy']>[] = ['failure', 'disk', 'readers'];

/** What the data takes, what it may take, and whether anything is acknowledged. */
export function roomMetrics({ journal, journalBounds, disk, dataDir }: RoomView): MetricFamily[] {
  const { suspendedBy } = journal.status();
  const suspended = REASONS.map((reason) => [reason, reason === suspendedBy ? 1 : 0]);
  return [
    gaugeBy('part', 'seawall_data_bytes', "Bytes that a part's files take on the disk.", { ...diskUse(dataDir) }),
    ...diskMetrics(disk),
    ...boundMetrics(journalBounds),
    gaugeBy(
      'reason',
      'seawall_acknowledging_suspended',
      '1 while nothing is acknowledged: a write failed, the disk is below its reserve, or readers are too far behind.',
      Object.fromEntries(suspended) as Record<string, number>,
    ),
  ];
}

function diskMetrics(disk: RoomView['disk']): MetricFamily[] {
  const { freeBytes, totalBytes, lowBytes, reserveBytes } = disk.status();
  return [
    gauge('seawall_disk_free_bytes', "Free bytes of the data directory's disk.", freeBytes),
    gauge('seawall_disk_total_bytes', 'Its size.', totalBytes),
    gauge('seawall_disk_low_bytes', 'Free bytes below which the hub warns.', lowBytes),
    gauge('seawall_disk_reserve_bytes', 'Free bytes below which nothing is acknowledged.', reserveBytes),
  ];
}

function boundMetrics({ maxAgeMs, maxBytes, limitBytes, highWaterBytes }: JournalBounds): MetricFamily[] {
  return [
    gauge('seawall_journal_max_age_seconds', 'How long entries are kept that every role has read.', maxAgeMs / 1000),
    gauge('seawall_journal_max_bytes', 'Of such entries this much is kept at most.', maxBytes),
    gauge('seawall_journal_limit_bytes', 'Kept entries beyond which nothing is acknowledged.', limitBytes),
    gauge(
      'seawall_journal_high_water_bytes',
      "Size of the journal's file that is larger only when a role was behind; it does not shrink.",
      highWaterBytes,
    ),
  ];
}
