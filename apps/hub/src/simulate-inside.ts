import { formatRfc3339 } from '@seawall/calendar';
import { runScenario } from '@seawall/devices-sim';
import type { Hub } from './hub.ts';

const HOURS_BEFORE_NOW = 24;
/** A day of the city in two minutes, until it has caught up with the clock. */
const CATCH_UP_SPEED = 720;

/**
 * `up --simulate`: a city publishes to this very hub over MQTT, from a day ago until it has caught up with the clock,
 * and then at the clock's pace. What happens is told on standard error.
 */
export async function simulateInside(
  scenario: string,
  hub: Hub,
  token: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const say = (eventTime: number, text: string) =>
    process.stderr.write(`${formatRfc3339(eventTime).slice(0, 16)}Z  ${text}\n`);
  void tellAlerts(hub, say, signal);
  await runScenario({
    scenario,
    url: hub.mqtt,
    ...(token === undefined ? {} : { token }),
    start: Date.now() - HOURS_BEFORE_NOW * 3_600_000,
    speed: CATCH_UP_SPEED,
    until: 'forever',
    signal,
    onEvent: ({ eventTime, text }) => say(eventTime, text),
  });
}

async function tellAlerts(
  hub: Hub,
  say: (eventTime: number, text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  for await (const chunk of hub.journal.read(hub.journal.end(), { signal })) {
    for (const entry of chunk.entries) {
      if (entry.kind !== 'transition') continue;
      const { alert, to } = entry.payload;
      const changedAt = to === 'resolved' ? alert.endsAt : alert.evidence.windowEnd;
      if (to === 'firing' || to === 'resolved')
        say(
          Date.parse(changedAt ?? alert.startsAt),
          `ALERT ${to} (${alert.severity}): ${alert.summary}  ${labelsOf(alert.labels)}`,
        );
    }
  }
}

function labelsOf(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}
