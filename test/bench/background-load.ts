import { LoadGenerator } from '../support/load-generator.ts';
import type { RunningHub } from '../support/start-hub.ts';
import { benchPlan, IN_FLIGHT } from './bench-load.ts';

/** Runs `measure` while the hub is under a steady load. @param rate messages a second */
export async function underLoad<T>(
  hub: RunningHub,
  run: string,
  rate: number,
  measure: () => Promise<T>,
): Promise<T & { readonly loadRate: number }> {
  const load = new LoadGenerator();
  try {
    await load.prepare(benchPlan(run, rate), IN_FLIGHT);
    await load.connect(hub.mqtt);
    await load.run(rate);
    const result = await measure();
    await load.drain();
    const { acknowledgedCount, elapsedMs } = await load.counts();
    return { ...result, loadRate: Math.round((acknowledgedCount / elapsedMs) * 1000) };
  } finally {
    await load.stop();
  }
}
