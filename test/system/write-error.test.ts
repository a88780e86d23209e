import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildFailingDisk, type Failure } from '../support/failing-disk.ts';
import { HubUnderLoad } from '../support/hub-under-load.ts';
import type { LoadPlan } from '../support/load-plan.ts';
import { skippedAloud } from '../support/skipped-aloud.ts';
import { removeTempDir } from '../support/temp-dir.ts';

const plan: LoadPlan = {
  run: 'failing',
  domain: 'utility',
  connections: 4,
  devicesPerConnection: 2,
  metrics: ['flow', 'level'],
  baseTime: Date.parse('2026-05-05T00:00:00Z'),
  stepMs: 10,
};

const RATE = process.env.SEAWALL_LONG === '1' ? 3_000 : 1_000;

const folder = mkdtempSync(join(tmpdir(), 'seawall-write-error-'));
const dataDir = join(folder, 'data');
const disk = buildFailingDisk(folder, dataDir);
if (typeof disk === 'string') skippedAloud('injected write errors', disk);
const describeWithFailures = typeof disk === 'string' ? describe.skip : describe;

describeWithFailures('a journal whose writes fail', () => {
  const { env, fail, mend } =
    typeof disk === 'string' ? { env: {}, fail: () => undefined, mend: () => undefined } : disk;

  const run = new HubUnderLoad(plan, { dataDir, env }, 20);

  beforeAll(() => run.begin(RATE), 60_000);

  afterAll(async () => {
    await run.stop();
    await removeTempDir(folder);
  });

  it.each<[Failure, 'EIO' | 'ENOSPC', string]>([
    ['write', 'EIO', 'every write'],
    ['write', 'ENOSPC', 'every write'],
    ['sync', 'EIO', 'the flush'],
    ['meta', 'EIO', 'the last step of a commit'],
    ['after', 'EIO', 'the last step of a commit, though it is done'],
  ])(
    '%s, %s (%s): acknowledges nothing, lives, says so, and goes on when it can',
    async (what, code) => {
      await run.goesOn(500);
      fail(what, code);
      await run.fallsSilent();
      run.hub.mustRun();
      expect((await fetch(new URL('/readyz', run.hub.http))).status).toBe(503);
      expect((await fetch(new URL('/healthz', run.hub.http))).status).toBe(200);
      mend();
      await run.goesOn(1_000);
      run.hub.mustRun();
    },
    60_000,
  );

  it('has stored all that it acknowledged, each reading once, also after a kill', async () => {
    await run.drained();
    expect(await run.differences()).toEqual([]);
    await run.hub.kill9();
    await run.start({ env: {} });
    expect(await run.differences()).toEqual([]);
  }, 90_000);
});
