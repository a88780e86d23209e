import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** How far a simulated city has lived, so that it goes on after a restart instead of living the same day again. */
export interface Simulation {
  readonly scenario: string;
  /** Event time its offsets count from, epoch ms. */
  readonly start: number;
  /** Event time it has reached, epoch ms. */
  readonly reached: number;
}

/** @returns undefined when the data folder has none, or one of another scenario */
export function readSimulation(dataDir: string, scenario: string): Simulation | undefined {
  try {
    const kept = JSON.parse(readFileSync(fileIn(dataDir), 'utf8')) as Simulation;
    return kept.scenario === scenario && Number.isFinite(kept.start) && Number.isFinite(kept.reached)
      ? kept
      : undefined;
  } catch {
    // Missing or half written: the city begins anew, and readings it repeats are stored once.
    return undefined;
  }
}

/** As well as it can: on a disk that takes nothing the hub must live on, and the city begins anew after a restart. */
export function keepSimulation(dataDir: string, simulation: Simulation): void {
  try {
    writeFileSync(fileIn(dataDir), JSON.stringify(simulation));
  } catch {
    // The next note is tried in two seconds.
  }
}

function fileIn(dataDir: string): string {
  return join(dataDir, 'simulation.json');
}
