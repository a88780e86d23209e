import assert from 'node:assert';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from '@jest/globals';
import type { SessionBroker, SessionStore } from '@seawall/ports';
import { openLmdbSessionStore } from './index.ts';

interface NodeTestContext {
  readonly assert: typeof assert;
  plan(assertions: number): void;
  diagnostic(message: string): void;
}

type AbstractSuite = (options: {
  test: (name: string, run: (t: NodeTestContext) => Promise<void>) => void;
  persistence: () => Promise<SessionStore>;
  testAsync: true;
}) => void;

const abstractSuite = createRequire(import.meta.url)('aedes-persistence/abstract.js') as AbstractSuite;

describe('the LMDB session store in the suite that aedes has for its persistences', () => {
  let directory: string;
  let stores = 0;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'seawall-aedes-suite-'));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  abstractSuite({
    // One test awaits a thousand commits one after the other.
    test: (name, run) => it(name, () => runPlanned(run), 120_000),
    persistence: async () => withBroker(await openLmdbSessionStore({ path: join(directory, String(++stores)) })),
    testAsync: true,
  });
});

/** The suite asks its persistence which broker it was set up with. */
function withBroker(store: SessionStore): SessionStore {
  const setup = store.setup.bind(store);
  return Object.assign(store, {
    setup: async (broker: SessionBroker) => {
      Object.assign(store, { broker });
      await setup(broker);
    },
  });
}

/** The suite is written for node:test; this is as much of its context as it uses. */
async function runPlanned(run: (t: NodeTestContext) => Promise<void>): Promise<void> {
  let planned: number | undefined;
  let asserted = 0;
  const counting = new Proxy(assert, {
    get: (target, name) => {
      const original = Reflect.get(target, name) as (...args: unknown[]) => unknown;
      return (...args: unknown[]) => {
        asserted++;
        return original(...args);
      };
    },
  });
  await run({ assert: counting, plan: (assertions) => (planned = assertions), diagnostic: () => {} });
  if (planned !== undefined) assert.equal(asserted, planned, 'as many assertions as were planned');
}
