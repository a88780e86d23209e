import { expect, it } from '@jest/globals';
import { sessionMetrics } from './session-metrics.ts';

it('shows how full the sessions are, and what was dropped', () => {
  const status = () => ({
    sessions: 1,
    retained: 2,
    queuedPackets: 3,
    queuedBytes: 4,
    droppedQueued: 5,
    droppedRetained: 6,
    bytes: 7,
    expiredSessions: 8,
    displacedSessions: 9,
    incomingPackets: 10,
    incomingBytes: 11,
    refusedIncoming: 12,
  });
  const shown = sessionMetrics({ status }).map(({ name, samples }) => [name, samples[0]?.value]);
  expect(Object.fromEntries(shown)).toEqual({
    seawall_sessions: 1,
    seawall_retained_topics: 2,
    seawall_sessions_queued_packets: 3,
    seawall_sessions_queued_bytes: 4,
    seawall_sessions_dropped_packets_total: 5,
    seawall_retained_dropped_total: 6,
    seawall_sessions_expired_total: 8,
    seawall_sessions_displaced_total: 9,
    seawall_sessions_incoming_packets: 10,
    seawall_sessions_incoming_bytes: 11,
    seawall_sessions_refused_packets_total: 12,
  });
});
