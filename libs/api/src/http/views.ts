import { formatRfc3339 } from '@seawall/calendar';
import type { Device, LabelSpan, Rejection } from '@seawall/model';
import type { BackupView } from '@seawall/ports';

/** A device as clients see it: times as RFC 3339, and the labels that hold now beside their history. */
export function deviceView(device: Device): Record<string, unknown> {
  const { id, domains, description, status } = device;
  return {
    id,
    domains,
    description,
    labels: device.labelSpans.at(-1)!.labels,
    labelHistory: labelHistoryView(device.labelSpans),
    status,
    statusAt: device.statusAt === undefined ? null : formatRfc3339(device.statusAt),
    firstSeen: formatRfc3339(device.firstSeen),
  };
}

/** Of one device's labels in a list: a whole history may be a thousand of them, and a list a thousand devices. */
export const MAX_LISTED_SPANS = 10;

/** As `deviceView`, with the newest of its labels' history. */
export function listedDeviceView(device: Device): Record<string, unknown> {
  return deviceView({ ...device, labelSpans: device.labelSpans.slice(-MAX_LISTED_SPANS) });
}

/** `from` null: from the beginning of time. */
export function labelHistoryView(spans: readonly LabelSpan[]): readonly Record<string, unknown>[] {
  return spans.map(({ from, labels }) => ({ from: Number.isFinite(from) ? formatRfc3339(from) : null, labels }));
}

export function rejectionView<T extends Rejection>(rejection: T): Omit<T, 'receivedAt'> & { receivedAt: string } {
  return { ...rejection, receivedAt: formatRfc3339(rejection.receivedAt) };
}

/** Times as RFC 3339. */
export function backupView(backup: BackupView): Record<string, unknown> {
  const { startedAt, finishedAt } = backup;
  return {
    ...backup,
    startedAt: formatRfc3339(startedAt),
    finishedAt: finishedAt === null ? null : formatRfc3339(finishedAt),
  };
}
