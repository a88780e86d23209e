import { loadScenario, runScenario } from '@seawall/devices-sim';
import { messageOf } from '@seawall/devices-sim/errors';
import { alertLine, eventLine } from './city-report.ts';
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
/** What may not have been acknowledged when it stopped is said again; readings that come again are stored once. */
const REPEATED_MS = 120_000;

/** @throws UsageError with a sentence, if there is no such scenario or it is wrong */
export async function checkScenario(name: string): Promise<void> {
  await loadScenario(name);
}

/**
 * `up --simulate`: a city publishes to this very hub over MQTT, from a day ago until it has caught up with the clock,
 * and then at the clock's pace. What happens is told on standard error; a city that fails leaves the hub to the others.
 */
export async function simulateInside(hub: Hub, simulation: InsideSimulation): Promise<void> {
  try {
    await live(hub, simulation);
    process.stderr.write('The simulated city has stopped.\n');
  } catch (error) {
    process.stderr.write(
      `The simulated city has stopped: ${messageOf(error)}\nThe hub goes on without it. ` +
        'Each device of the city has a connection, so "ulimit -n" must allow twice as many open files as there are devices.\n',
    );
  }
}

async function live(hub: Hub, { scenario, dataDir, token, signal }: InsideSimulation): Promise<void> {
  const kept = readSimulation(dataDir, scenario);
  const start = kept?.start ?? Date.now() - BEFORE_NOW_MS;
  let keptAt = 0;
  tellAlerts(hub, signal).catch((error: unknown) =>
    process.stderr.write(`What the hub raises is told here no more: ${messageOf(error)}\n`),
  );
  await runScenario({
    scenario,
    url: hub.mqtt,
    ...(token === undefined ? {} : { token }),
    start,
    ...(kept === undefined ? {} : { resumeFrom: kept.reached }),
    speed: CATCH_UP_SPEED,
    until: 'forever',
    signal,
    onEvent: (event) => process.stderr.write(`${eventLine(event)}\n`),
    onProgress: ({ eventTime }) => {
      if (Date.now() - keptAt < KEEP_EVERY_MS) return;
      keptAt = Date.now();
      keepSimulation(dataDir, { scenario, start, reached: eventTime - REPEATED_MS });
    },
  });
}

/** Tells what begins to fire and what is over; not what is acknowledged, nor what an import has raised in its past. */
async function tellAlerts(hub: Hub, signal: AbortSignal): Promise<void> {
  for await (const chunk of hub.journal.read(hub.journal.end(), { signal })) {
    for (const entry of chunk.entries) {
      if (entry.kind !== 'transition' || entry.origin === 'import') continue;
      const { alert, from, to } = entry.payload;
      if (from !== to && (to === 'firing' || to === 'resolved')) process.stderr.write(`${alertLine(alert)}\n`);
    }
  }
}
