import { formatRfc3339 } from '@seawall/calendar';
import { runScenario } from '@seawall/devices-sim';
import type { Hub } from './hub.ts';
import { keepSimulation, readSimulation } from './simulation-file.ts';

export interface InsideSimulation {
  readonly scenario: string;
  readonly dataDir: string;
  readonly token: string | undefined;
  readonly signal: AbortSignal;
}

const BEFORE_NOW_MS = 24 * 3_600_000;
/** A day of the city in two minutes, until it has caught up with the clock. */
const CATCH_UP_SPEED = 720;
/** Between two notes of how far it has come. */
const KEEP_EVERY_MS = 2_000;

/**
 * `up --simulate`: a city publishes to this very hub over MQTT, from a day ago until it has caught up with the clock,
 * and then at the clock's pace. What happens is told on standard error.
 */
export async function simulateInside(hub: Hub, { scenario, dataDir, token, signal }: InsideSimulation): Promise<void> {
  const say = (eventTime: number, text: string) =>
    process.stderr.write(`${formatRfc3339(eventTime).slice(0, 16)}Z  ${text}\n`);
  const kept = readSimulation(dataDir, scenario);
  const start = kept?.start ?? Date.now() - BEFORE_NOW_MS;
  let keptAt = 0;
  void tellAlerts(hub, say, signal);
  await runScenario({
    scenario,
    url: hub.mqtt,
    ...(token === undefined ? {} : { token }),
    start,
    ...(kept === undefined ? {} : { resumeFrom: kept.reached }),
    speed: CATCH_UP_SPEED,
    until: 'forever',
    signal,
    onEvent: ({ eventTime, text }) => say(eventTime, text),
    onProgress: ({ eventTime }) => {
      if (Date.now() - keptAt < KEEP_EVERY_MS) return;
      keptAt = Date.now();
      keepSimulation(dataDir, { scenario, start, reached: eventTime });
    },
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
      if (to !== 'firing' && to !== 'resolved') continue;
      const changedAt = (to === 'resolved' ? alert.endsAt : alert.evidence.windowEnd) ?? alert.startsAt;
      say(Date.parse(changedAt), `ALERT ${to} (${alert.severity}): ${alert.summary}  ${labelsOf(alert.labels)}`);
    }
  }
}

function labelsOf(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}
