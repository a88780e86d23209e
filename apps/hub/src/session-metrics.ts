import type { MetricFamily } from '@seawall/api';
import type { SessionStore } from '@seawall/ports';
import { counter, gauge } from './metric-families.ts';

/** What the broker remembers of its clients, and what there was no room for. */
export function sessionMetrics(sessions: Pick<SessionStore, 'status'>): MetricFamily[] {
  const status = sessions.status();
  const { sessions: kept, retained, queuedPackets, queuedBytes, droppedQueued, droppedRetained } = status;
  return [
    gauge('seawall_sessions', 'MQTT sessions that are kept over a connection.', kept),
    counter(
      'seawall_sessions_expired_total',
      'Of them, those that ended because their clients were gone for too long.',
      status.expiredSessions,
    ),
    counter(
      'seawall_sessions_displaced_total',
      'Of them, those that ended because there were too many.',
      status.displacedSessions,
    ),
    gauge('seawall_sessions_queued_packets', 'Messages of QoS 1 and 2 that are owed to them.', queuedPackets),
    gauge('seawall_sessions_queued_bytes', 'Their bytes.', queuedBytes),
    counter(
      'seawall_sessions_dropped_packets_total',
      'Such messages dropped because a queue, or all together, were full.',
      droppedQueued,
    ),
    gauge(
      'seawall_sessions_incoming_packets',
      'Messages of QoS 2 that wait for the PUBREL of their senders.',
      status.incomingPackets,
    ),
    gauge('seawall_sessions_incoming_bytes', 'Their bytes, as far as these are kept.', status.incomingBytes),
    counter(
      'seawall_sessions_refused_packets_total',
      'Such messages for which their senders were cut off because too many waited.',
      status.refusedIncoming,
    ),
    gauge('seawall_retained_topics', 'Topics with a retained message.', retained),
    counter(
      'seawall_retained_dropped_total',
      'Messages of new topics that were not retained because there were too many.',
      droppedRetained,
    ),
  ];
}
