import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import type { ApiContext } from './context.ts';
import { createAdapter } from './fastify-adapter.ts';
import type { Door } from './http/door.ts';
import { DEFAULT_LIMITS } from './options.ts';
import type { Scrape } from './metrics/scrape.ts';

beforeEach(() => void jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] }));
afterEach(() => void jest.useRealTimers());

it('waits for a part that a busy machine loads slowly: a start that takes long has not failed', async () => {
  const instance = createAdapter({ limits: DEFAULT_LIMITS } as ApiContext, {} as Door, {} as Scrape).getInstance();
  let load = (): void => undefined;
  const loaded = new Promise<void>((resolve) => (load = resolve));
  void instance.register(async () => loaded);
  const ready = instance.ready();
  await new Promise((resolve) => setImmediate(resolve));
  await jest.advanceTimersByTimeAsync(120_000);
  load();
  await expect(ready).resolves.toBeDefined();
});
