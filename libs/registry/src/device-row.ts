import type { Device, DeviceDescription, DeviceState, LabelSpan, Labels } from '@seawall/model';
import type { DeviceTable } from './tables.ts';

/** JSON has no -Infinity; null stands for the beginning of time. */
interface StoredSpan {
  readonly from: number | null;
  readonly labels: Labels;
}

export function deviceToRow(device: Device): DeviceTable {
  return {
    id: device.id,
    search_text: `${device.id}\n${device.description.name ?? ''}`.toLowerCase(),
    domains: JSON.stringify(device.domains),
    description: JSON.stringify(device.description),
    label_spans: JSON.stringify(device.labelSpans.map(spanToStored)),
    status: device.status,
    status_at: device.statusAt ?? null,
    first_seen: device.firstSeen,
    lat: device.description.location?.lat ?? null,
    lon: device.description.location?.lon ?? null,
  };
}

export function deviceFromRow(row: DeviceTable): Device {
  return {
    id: row.id,
    domains: JSON.parse(row.domains) as string[],
    description: JSON.parse(row.description) as DeviceDescription,
    labelSpans: (JSON.parse(row.label_spans) as StoredSpan[]).map(spanFromStored),
    status: row.status as DeviceState,
    ...(row.status_at === null ? {} : { statusAt: Number(row.status_at) }),
    firstSeen: Number(row.first_seen),
  };
}

function spanToStored({ from, labels }: LabelSpan): StoredSpan {
  return { from: from === -Infinity ? null : from, labels };
}

function spanFromStored({ from, labels }: StoredSpan): LabelSpan {
  return { from: from ?? -Infinity, labels };
}
