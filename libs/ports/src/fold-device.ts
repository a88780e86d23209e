import { UNDESCRIBED, type Device } from '@seawall/model';
import type { DeviceChange } from './journal-entry.ts';

/**
 * A device after one `device` entry of the journal. The change carries outcomes, so they replace; domains accumulate.
 * @param device as it stood, or undefined if this is the first that is heard of it
 * @param stamp the entry's stamp, epoch ms; it becomes `statusAt` when the status is another than before
 */
export function foldDevice(device: Device | undefined, change: DeviceChange, stamp: number): Device {
  const before = device ?? unheardOf(change);
  const statusChanged = change.status !== undefined && change.status !== before.status;
  const statusAt = statusChanged ? stamp : before.statusAt;
  return {
    id: before.id,
    domains: withDomain(before.domains, change.domain),
    description: change.description ?? before.description,
    labelSpans: change.labelSpans ?? before.labelSpans,
    status: change.status ?? before.status,
    ...(statusAt === undefined ? {} : { statusAt }),
    firstSeen: before.firstSeen,
  };
}

function unheardOf(change: DeviceChange): Device {
  return {
    id: change.device,
    domains: [],
    description: {},
    labelSpans: [{ from: -Infinity, labels: UNDESCRIBED }],
    status: 'unknown',
    firstSeen: change.receivedAt,
  };
}

function withDomain(domains: readonly string[], domain: string | undefined): readonly string[] {
  return domain === undefined || domains.includes(domain) ? domains : [...domains, domain];
}
