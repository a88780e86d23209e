import { parseArgs } from 'node:util';
import { soak, type Soaked } from './soak.ts';

/** A Wednesday, 06:00 UTC. */
const START = Date.UTC(2026, 8, 23, 6);
/**
 * Both the store's engine and Node's heap fill the room they have before they clear up. With little of it they are soon
 * at its end, and who really held more and more would not get to the end of the run.
 */
const LITTLE_ROOM = { args: ['--store-memory', '128'], nodeArgs: ['--max-old-space-size=192'] };
/** Above it, memory is not flat. */
const FLAT = 0.1;

const { values } = parseArgs({ options: { devices: { type: 'string', default: '2000' } } });
const devices = Number(values.devices);
process.stderr.write(`A typhoon over ${devices} devices, with every kind of fault, as fast as the hub takes it …\n`);
const life = { scenario: 'typhoon', devices, seed: 1, start: START };
const soaked = await soak({ ...life, ...LITTLE_ROOM });
process.stdout.write(`${sentences(soaked).join('\n')}\n`);
if (faults(soaked).length > 0) {
  process.stdout.write(`\nNOT AS IT SHOULD BE:\n${faults(soaked).join('\n')}\n`);
  process.exitCode = 1;
}

function sentences({ readings, seconds, episodes, rollups, quartersMiB, growth }: Soaked): string[] {
  const from = (sources: Readonly<Record<string, number>>) =>
    Object.entries(sources)
      .map(([source, series]) => `${series} series from ${source}`)
      .join(', ');
  return [
    `${readings} readings of 36 hours in ${seconds.toFixed(0)} s, ${episodes.length} alerts.`,
    `Memory by quarters of the run: ${quartersMiB.join(', ')} MiB (${(growth * 100).toFixed(1)} % from the third to the last).`,
    `Compared with the readings: ${rollups.compared['1m']} minutes (${from(rollups.sources['1m'])}), ` +
      `${rollups.compared['1h']} hours (${from(rollups.sources['1h'])}).`,
  ];
}

function faults({ differences, readings, stored, rollups, growth }: Soaked): string[] {
  return [
    ...differences,
    // Buses whose clocks are set back by two minutes say something new about a moment of which they have told already.
    ...(stored <= readings && readings - stored < readings / 10_000
      ? []
      : [`${readings} readings were published, ${stored} are journalled`]),
    ...(rollups.readings === stored ? [] : [`${stored} readings are journalled, ${rollups.readings} are stored`]),
    ...rollups.differences,
    ...(rollups.sources['1h'].raw === undefined ? [] : ['hours were answered from readings: nothing was rolled up']),
    ...(growth <= FLAT ? [] : [`memory has grown by ${(growth * 100).toFixed(0)} % after the warm-up`]),
  ];
}
