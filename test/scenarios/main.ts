import { DEFAULT_DEVICES, scenarioNames } from '@seawall/devices-sim';
import { liveThrough, type Lived } from './live-through.ts';

/** A Wednesday, 06:00 UTC. */
const START = Date.UTC(2026, 8, 23, 6);

function report(name: string, { readings, stored, seconds, episodes, differences }: Lived): void {
  const verdict = differences.length === 0 ? 'as its file says' : `its file says otherwise: ${differences.join('; ')}`;
  const rate = Math.round(readings / seconds);
  process.stdout.write(
    `${name}: ${readings} readings in ${seconds.toFixed(0)} s (${rate} a second), ${episodes.length} alerts, ${verdict}` +
      `${stored === readings ? '' : `; ${stored} readings are stored`}\n`,
  );
  if (differences.length > 0 || stored !== readings) process.exitCode = 1;
}

const wanted = process.argv.slice(2);
for (const scenario of wanted.length > 0 ? wanted : scenarioNames()) {
  process.stderr.write(`${scenario} …\n`);
  report(scenario, await liveThrough({ scenario, devices: DEFAULT_DEVICES, seed: 1, start: START }));
}
