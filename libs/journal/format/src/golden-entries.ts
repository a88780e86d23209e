import { UNDESCRIBED } from '@seawall/model';
import type { EntryKind, EntryOf } from '@seawall/ports';

const place = { version: 1, origin: 'live', stamp: 1_790_000_000_123.456, partition: 0 } as const;
const alertTimes = { startsAt: '2026-09-21T14:00:00.000Z', updatedAt: '2026-09-21T14:00:01.250Z', endsAt: null };
const described = { district: '香洲区', type: 'air-quality', site: 'Ménage à trois' };

/**
 * What the files in `golden/v1` hold, by kind; for tests. Neither these nor the files may change: a journal of that
 * version lies on somebody's disk.
 */
export const GOLDEN_V1: { readonly [K in EntryKind]: EntryOf<K> } = {
  readings: {
    ...place,
    kind: 'readings',
    seq: 1,
    key: { id: 'http:9f1c', fingerprint: 'sha256:00ff' },
    payload: {
      series: [
        { domain: 'environment', device: 'aq-1', metric: 'pm25' },
        { domain: 'environment', device: 'aq-1', metric: 'pm10' },
        { domain: 'utility', device: '水压-7', metric: 'pressure' },
      ],
      labels: [described, described, UNDESCRIBED],
      seriesIndex: Uint32Array.of(0, 1, 0, 2),
      eventTime: Float64Array.of(1_790_000_000_000, 1_790_000_000_000.25, 1_790_000_060_000.125, 31_536_000_000),
      value: Float64Array.of(12.1, -0, Number.MAX_VALUE, 5e-324),
      flags: Uint8Array.of(0, 0, 1, 0),
    },
  },
  rejections: {
    ...place,
    kind: 'rejections',
    seq: 2,
    payload: [
      {
        reason: 'epoch-seconds',
        detail: '1790000000 looks like epoch seconds; send milliseconds.',
        topic: 'city/environment/aq-1/telemetry',
        device: 'aq-1',
        domain: 'environment',
        pointer: '/ts',
        receivedAt: 1_790_000_000_120,
        sample: '{"ts":1790000000,"values":{"pm25":12.1}} \ud83d',
      },
    ],
  },
  device: {
    ...place,
    kind: 'device',
    seq: 3,
    payload: {
      device: 'aq-1',
      domain: 'environment',
      description: { name: '空气一号', district: '香洲区', location: { lat: 22.27, lon: 113.57 }, interval: '60s' },
      labelSpans: [
        { from: -Infinity, labels: UNDESCRIBED },
        { from: 1_790_000_000_100, labels: described },
      ],
      metrics: [{ domain: 'environment', metric: 'pm25', unit: 'ug/m3' }],
      status: 'online',
      receivedAt: 1_790_000_000_100,
    },
  },
  rule: {
    ...place,
    kind: 'rule',
    seq: 4,
    payload: {
      id: 'smog',
      version: 2,
      rule: {
        id: 'smog',
        severity: 'major',
        when: {
          domain: 'environment',
          metric: 'pm25',
          aggregate: 'mean',
          window: '1h',
          above: 150,
          clear: 115,
          for: '3h',
        },
        groupBy: ['district'],
      },
      source: 'file:smog.yaml',
    },
  },
  acknowledgement: {
    ...place,
    kind: 'acknowledgement',
    seq: 5,
    payload: { alertId: 'a1b2', by: 'operator', comment: 'Seen; crew is on its way.' },
  },
  transition: {
    ...place,
    kind: 'transition',
    origin: 'replay',
    seq: 6,
    producer: { id: 'engine', seq: 41 },
    payload: {
      from: 'pending',
      to: 'firing',
      because: 'mean 187 above 150 for 3h',
      levels: { domain: 'environment', district: '香洲区', subject: '香洲区' },
      alert: {
        ...alertTimes,
        id: 'a1b2',
        key: 'k9',
        revision: 2,
        state: 'firing',
        severity: 'major',
        mode: 'actual',
        rule: 'smog',
        summary: 'Smog in 香洲区',
        labels: { district: '香洲区', domain: 'environment' },
        annotations: {},
        metric: 'pm25',
        unit: 'ug/m3',
        value: 187.25,
        ack: null,
        silencedBy: [],
        inhibitedBy: [],
        location: null,
        url: null,
        evidence: {
          domain: 'environment',
          aggregate: 'mean',
          windowStart: '2026-09-21T13:00:00.000Z',
          windowEnd: '2026-09-21T14:00:00.000Z',
          count: 60,
          threshold: 'above 150',
        },
        corrects: null,
      },
    },
  },
  'hub-start': {
    ...place,
    kind: 'hub-start',
    seq: 7,
    payload: { version: '0.1.0', timeZone: 'Asia/Shanghai', delayMs: 10_000, idleAfterMs: 60_000 },
  },
  'hub-stop': { ...place, kind: 'hub-stop', seq: 8, payload: null },
  tick: { ...place, kind: 'tick', origin: 'import', seq: 9, payload: null },
};
