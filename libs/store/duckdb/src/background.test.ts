import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { openDatabase } from './database.ts';
import { engineRows } from './engine-rows.ts';
import { settingsOf } from './settings.ts';

it('background work sees what was stored when it began, and nothing that is written before its first statement', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'seawall-background-'));
  const settings = settingsOf({ path: join(directory, 'series.duckdb') });
  const { background, writer, connections, instance } = await openDatabase(settings, (work) => work());
  let seen: [number][] = [];
  const run = async () => {
    await writer.run('INSERT INTO stale VALUES (1, 1)');
    seen = await engineRows<[number]>(background.connection, 'SELECT count(*)::DOUBLE FROM stale');
  };
  await background.transact({ claims: () => false, run }, new AbortController().signal);
  expect(seen).toEqual([[0]]);
  await background.abandon(Promise.resolve());
  await connections.close();
  writer.disconnectSync();
  instance.closeSync();
  await rm(directory, { recursive: true });
});
