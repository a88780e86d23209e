import { setTimeout as delay } from 'node:timers/promises';
import { StoreUnavailableError } from '@seawall/ports';

/** For those who would rather do without than wait for a store that hangs. @throws StoreUnavailableError when it is late */
export async function answerWithin<T>(ms: number, answer: Promise<T>): Promise<T> {
  const timer = new AbortController();
  const late = delay(ms, undefined, { signal: timer.signal, ref: false }).then(() => {
    throw new StoreUnavailableError(`The series store has not answered within ${ms} ms.`);
  });
  late.catch(() => undefined); // Cancelled when the answer is first.
  try {
    return await Promise.race([answer, late]);
  } finally {
    timer.abort();
    answer.catch(() => undefined); // Whoever was told that it is late is not told why.
  }
}
