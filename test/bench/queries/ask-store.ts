import { parseQuery, storePlan } from '@seawall/query';
import { openDuckDbStore } from '@seawall/store-duckdb';
import { HUB_STORE_MEMORY_MB } from '../../support/fill-store.ts';
import { medianMs } from './ask.ts';
import type { Question } from './questions.ts';

/**
 * Puts the questions to the store's port in this process: what of a hub's answer is neither HTTP nor JSON.
 * @param path of the file of a stopped hub
 * @returns ms in the order of the questions; null for one that is no query
 */
export async function askStore(path: string, asking: readonly Question[]): Promise<readonly (number | null)[]> {
  const store = await openDuckDbStore({ path, memoryLimitMb: HUB_STORE_MEMORY_MB });
  const drain = async (document: unknown) => {
    const plan = storePlan(parseQuery(document, { now: Date.now(), timeZone: 'UTC' }));
    let points = 0;
    for await (const { time } of store.query(plan)) points += time.length;
    return points;
  };
  try {
    const took: (number | null)[] = [];
    for (const { hub } of asking) took.push('path' in hub ? null : await medianMs(() => drain(hub.document)));
    return took;
  } finally {
    await store.close();
  }
}
