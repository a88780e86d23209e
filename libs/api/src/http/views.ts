import { formatRfc3339 } from '@seawall/calendar';
import type { Device, Rejection } from '@seawall/model';

/** A device as clients see it: times as RFC 3339, and the labels that hold now beside their history. */
export function deviceView(device: Device): Record<string, unknown> {
  const { id, domains, description, status } = device;
  return {
    id,
    domains,
    description,
    labels: device.labelSpans.at(-1)!.labels,
    // null: from the beginning of time.
    labelHistory: device.labelSpans.map(({ from, labels }) => ({
      from: Number.isFinite(from) ? formatRfc3339(from) : null,
      labels,
    })),
    status,
    statusAt: device.statusAt === undefined ? null : formatRfc3339(device.statusAt),
    firstSeen: formatRfc3339(device.firstSeen),
  };
}

export function rejectionView<T extends Rejection>(rejection: T): Omit<T, 'receivedAt'> & { receivedAt: string } {
  return { ...rejection, receivedAt: formatRfc3339(rejection.receivedAt) };
}
