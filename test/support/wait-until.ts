import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks again and again until the answer is neither undefined nor false.
 * @param what for the error: "the alert is resolved"
 * @throws Error after `timeoutMs`, with the last error of `ask` as its cause
 */
export async function waitUntil<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  timeoutMs = 10_000,
  everyMs = 20,
): Promise<T> {
  const end = performance.now() + timeoutMs;
  let cause: unknown;
  do {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await sleep(everyMs);
  } while (performance.now() < end);
  throw new Error(`Waited ${timeoutMs} ms in vain until ${what}.${cause instanceof Error ? ` ${cause.message}` : ''}`, {
    cause,
  });
}
