import { setImmediate } from 'node:timers/promises';

/** Lets everybody else have a turn of the event loop. @throws the signal's reason once it has aborted */
export async function othersTurn(signal?: AbortSignal): Promise<void> {
  await setImmediate();
  signal?.throwIfAborted();
}
