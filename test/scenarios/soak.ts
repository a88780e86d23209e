import { setTimeout as sleep } from 'node:timers/promises';
import { compareRollups, type RollupCheck } from '../support/rollups-against-readings.ts';
import { mebibytes, residentFileBytes } from '../support/process-memory.ts';
import type { RunningHub } from '../support/start-hub.ts';
import { liveThrough, type Life, type Lived } from './live-through.ts';

export interface Soaked extends Lived {
  readonly rollups: RollupCheck;
  /** Of the hub's own memory, without pages of files: medians of quarters of the run, in MiB. */
  readonly quartersMiB: readonly number[];
  /** From the third quarter to the last, as a part of it: what it takes once the caches are full. */
  readonly growth: number;
}

const LOOK_MS = 500;

/** Lives through a scenario as fast as it goes, with an eye on the hub's memory, and checks afterwards what it rolled up. */
export async function soak(life: Life): Promise<Soaked> {
  const looks: number[] = [];
  let rollups: RollupCheck | undefined;
  const lived = await liveThrough(life, {
    whileItRuns: (hub) => watch(hub, looks),
    afterwards: async (dataDir) => void (rollups = await compareRollups(dataDir)),
  });
  const quartersMiB = [0, 1, 2, 3].map((quarter) =>
    median(looks.slice((looks.length * quarter) / 4, (looks.length * (quarter + 1)) / 4)),
  );
  const growth = quartersMiB[3]! / quartersMiB[2]! - 1;
  return { ...lived, rollups: rollups!, quartersMiB, growth };
}

/** @returns called to end it */
function watch(hub: RunningHub, looks: number[]): () => Promise<void> {
  let over = false;
  const watching = (async () => {
    while (!over) {
      looks.push(mebibytes(hub.residentBytes() - (residentFileBytes(hub.pid) ?? 0)));
      await sleep(LOOK_MS);
    }
  })();
  return () => {
    over = true;
    return watching;
  };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
