import { expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { DEFAULT_LIMITS } from './open-lmdb-session-store.ts';

const document = readFileSync(new URL('../../../../docs/mqtt.md', import.meta.url), 'utf8');
const inWords = (value: number) => value.toLocaleString('en');
const inMebibytes = (value: number) => `${value / 1024 / 1024} MiB`;

it.each([
  `| queued for one persistent session | ${inWords(DEFAULT_LIMITS.packetsPerClient)} messages, ${inMebibytes(DEFAULT_LIMITS.bytesPerClient)} |`,
  `| queued for all sessions together | ${inMebibytes(DEFAULT_LIMITS.bytes)} |`,
  `| topics with a retained message | ${inWords(DEFAULT_LIMITS.retained)} of clients |`,
  `| the same, of the hub's own (alerts, heartbeat) | ${inWords(DEFAULT_LIMITS.retainedForHub)} more |`,
  `| subscriptions of a session | ${inWords(DEFAULT_LIMITS.subscriptionsPerClient)}, also of one that is not kept |`,
  `| sessions whose clients are gone | ${inWords(DEFAULT_LIMITS.goneSessions)} |`,
  `without a PUBREL | 1,000, ${DEFAULT_LIMITS.incomingBytesPerClient / 1024} KiB |`,
  `| the same, of all clients together | ${inMebibytes(DEFAULT_LIMITS.incomingBytes)} |`,
  `(${DEFAULT_LIMITS.sessionExpiryMs / 86_400_000} d; looked at`,
])('the page for integrators tells the limit %j', (row) => expect(document).toContain(row));
