import type { Alert } from '@seawall/model';
import { setTimeout as sleep } from 'node:timers/promises';
import { MqttRecorder, type HeardMessage } from '../support/mqtt-recorder.ts';
import { RawClient } from '../support/raw-client.ts';
import type { RunningHub } from '../support/start-hub.ts';
import { waitUntil } from '../support/wait-until.ts';
import { quantile } from './statistics.ts';

export interface AppendToAlert {
  readonly alerts: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** The same from the moment the deciding reading was sent. */
  readonly fromPublishP50Ms: number;
  readonly fromPublishP99Ms: number;
}

const DEVICES = 10;
/** Between two readings; they go round the devices, one after the other. */
const EVERY_MS = 25;
/** The hub's default bounded delay: a reading closes the windows that end so long before it. */
const WATERMARK_DELAY_MS = 10_000;

/**
 * Each reading of a probe moves its watermark past one window's end, and window after window lies above and below the
 * threshold, so that nearly each reading decides an alert. The journal's stamp of the deciding reading is the alert's
 * `updatedAt`, in whole milliseconds rounded down; what is measured is up to 1 ms too long for that.
 */
export async function measureAppendToAlert(hub: RunningHub, steps: number): Promise<AppendToAlert> {
  const recorder = await MqttRecorder.start(hub.mqtt, ['city/alerts/+/probe/#']);
  const client = await RawClient.connect(hub.mqtt, 'alert-probe');
  const base = Math.floor(Date.now() / 1000) * 1000 - 3_600_000;
  const sentAt = new Map<string, number>();
  for (let step = 0; step < steps; step++) {
    for (let device = 0; device < DEVICES; device++) {
      const ts = base + step * 1_000;
      sentAt.set(`alert-${device} ${ts}`, performance.timeOrigin + performance.now());
      client.publishUnawaited(
        `city/probe/alert-${device}/telemetry`,
        `{"ts":${ts},"values":{"probe":${step % 2 === 0 ? 900 : 100}}}`,
      );
      await sleep(EVERY_MS);
    }
  }
  const expected = (steps - WATERMARK_DELAY_MS / 1000 - 2) * DEVICES;
  await waitUntil(
    'the alerts are heard',
    () => recorder.heard.filter(({ payload }) => payload !== '').length >= expected,
    30_000,
  );
  client.destroy();
  await recorder.stop();
  return evaluate(recorder.heard, sentAt);
}

function evaluate(heard: readonly HeardMessage[], sentAt: ReadonlyMap<string, number>): AppendToAlert {
  const told = heard.filter(({ payload, retained }) => payload !== '' && !retained);
  const alerts = told.map(({ payload, heardAt }) => ({ alert: JSON.parse(payload) as Alert, heardAt }));
  const sinceAppend = alerts.map(({ alert, heardAt }) => heardAt - Date.parse(alert.updatedAt));
  const sincePublish = alerts.flatMap(({ alert, heardAt }) => {
    const decidedBy = Date.parse(alert.evidence.windowEnd) + WATERMARK_DELAY_MS;
    const sent = sentAt.get(`${alert.labels.device} ${decidedBy}`);
    return sent === undefined ? [] : [heardAt - sent];
  });
  return {
    alerts: alerts.length,
    p50Ms: quantile(sinceAppend, 0.5),
    p99Ms: quantile(sinceAppend, 0.99),
    maxMs: Math.max(...sinceAppend),
    fromPublishP50Ms: quantile(sincePublish, 0.5),
    fromPublishP99Ms: quantile(sincePublish, 0.99),
  };
}
