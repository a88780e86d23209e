import { setTimeout as delay } from 'node:timers/promises';

/**
 * Waits for work that can't be given up, but not for ever: LMDB copies in one call.
 * @returns whether it has ended, well or not, within so many ms
 */
export async function settledWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  const waiting = new AbortController();
  const late = delay(ms, false, { signal: waiting.signal }).catch(() => false);
  try {
    return await Promise.race([
      work.then(
        () => true,
        () => true,
      ),
      late,
    ]);
  } finally {
    waiting.abort();
  }
}
