import { MAX_SUBSCRIPTIONS_PER_CLIENT } from '@seawall/ports';

/** What the gateway lets in; everything it holds is bounded by one of these. */
export interface GatewayLimits {
  /** Bytes of one MQTT packet, told from its fixed header before it is buffered. */
  readonly maxPacketBytes: number;
  /** Readings of one MQTT message. */
  readonly maxReadingsPerMessage: number;
  /** Readings of one HTTP body. */
  readonly maxReadingsPerSubmission: number;
  /** Rejections of one HTTP body that are told one by one; the rest is counted by reason. */
  readonly maxRejectionsPerSubmission: number;
  /** Characters of one line of line protocol. */
  readonly maxLineLength: number;
  /** How deep objects may lie in `values`. */
  readonly maxDepth: number;
  /** How far an event time may lie after the arrival. */
  readonly maxAheadMs: number;
  /** Metrics of one device over all its domains, of those it has sent since the hub's start. */
  readonly maxSeriesPerDevice: number;
  readonly maxDevices: number;
  /** Under which one device is known. */
  readonly maxDomainsPerDevice: number;
  /** Of a device's whole description, as JSON. */
  readonly maxDescriptionBytes: number;
  /** States of a metric in a domain, over all devices. */
  readonly maxStatesPerMetric: number;
  /** The same, over all metrics. */
  readonly maxStates: number;
  /** Of these, what one device may bring while the hub runs. */
  readonly maxStatesOfDevice: number;
  /** Labels of one device replaced by tags or by ThingsBoard's attributes, within six hours. */
  readonly maxLabelChanges: number;
  /** The same, replaced by its attributes messages. */
  readonly maxOwnLabelChanges: number;
  readonly maxConnections: number;
  /** A client that asks for more is cut off, whether its session is kept or not. */
  readonly maxSubscriptionsPerClient: number;
  /** What may wait for the disk; above it sockets are paused and HTTP is told to come back. */
  readonly maxHeldBytes: number;
  /** What may wait for a subscriber that does not read; above it the subscriber is cut off. */
  readonly maxSubscriberBytes: number;
  /** Topics whose place is remembered. */
  readonly maxKnownTopics: number;
}

export const DEFAULT_LIMITS: GatewayLimits = {
  maxPacketBytes: 256 * 1024,
  maxReadingsPerMessage: 10_000,
  maxReadingsPerSubmission: 100_000,
  maxRejectionsPerSubmission: 1000,
  maxLineLength: 64 * 1024,
  maxDepth: 8,
  maxAheadMs: 5 * 60_000,
  maxSeriesPerDevice: 1000,
  maxDevices: 200_000,
  maxDomainsPerDevice: 256,
  maxDescriptionBytes: 256 * 1024,
  maxStatesPerMetric: 1024,
  maxStates: 250_000,
  maxStatesOfDevice: 10_000,
  maxLabelChanges: 12,
  maxOwnLabelChanges: 60,
  maxConnections: 20_000,
  maxSubscriptionsPerClient: MAX_SUBSCRIPTIONS_PER_CLIENT,
  maxHeldBytes: 64 * 1024 * 1024,
  maxSubscriberBytes: 8 * 1024 * 1024,
  maxKnownTopics: 100_000,
};
