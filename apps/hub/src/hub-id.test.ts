import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { hubId, knownHubId } from './hub-id.ts';

let dir: string;
beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), 'seawall-hub-id-'))));
afterEach(() => rm(dir, { recursive: true }));

it('is made once, and is not made by who only looks', async () => {
  const path = join(dir, 'hub-id');
  expect(knownHubId(path)).toBeUndefined();
  expect(await readdir(dir)).toEqual([]);
  const made = await hubId(path);
  expect([knownHubId(path), await hubId(path)]).toEqual([made, made]);
});
