import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { dataFiles } from '../data-directory.ts';
import { hubId } from '../hub-id.ts';
import type { Engines } from '../open-engines.ts';
import { HubBackups, type HubBackupsOptions } from './hub-backups.ts';

describe('the backups in a folder', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'seawall-backups-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  async function put(name: string, manifest: string): Promise<void> {
    await mkdir(join(directory, name));
    await writeFile(join(directory, name, 'manifest.json'), manifest);
  }

  function open(options: Partial<HubBackupsOptions> = {}): Promise<HubBackups> {
    const engines = { journal: { position: () => undefined } } as unknown as Engines;
    return HubBackups.open({ engines, dataDir: directory, directory, log: pino({ level: 'silent' }), ...options });
  }

  it('are cleared of the halves of this hub, and of nothing that is named like one', async () => {
    const dataDirs = ['hub-1', 'hub-2'].map((name) => join(directory, name));
    const backups = join(directory, 'backups');
    const ids: string[] = [];
    for (const dataDir of dataDirs) {
      await mkdir(dataDir);
      ids.push(await hubId(dataFiles(dataDir).hubId));
    }
    for (const id of ids) await mkdir(join(backups, `half.${id}.part`, 'journal'), { recursive: true });
    for (const name of ['empty.part', 'dotted.part']) await mkdir(join(backups, name));
    await writeFile(join(backups, 'dotted.part', '.keep'), 'mine');
    await open({ dataDir: dataDirs[1]!, directory: backups });
    expect((await readdir(backups)).sort()).toEqual(['dotted.part', 'empty.part', `half.${ids[0]}.part`]);
  });

  it('are not begun where the store is elsewhere, with the sentence that says how else', async () => {
    const backups = await open({ refusal: 'Its own tools back it up.' });
    await expect(backups.start()).rejects.toMatchObject({ message: 'Its own tools back it up.', because: 'store' });
    expect(await readdir(directory)).toEqual([]);
  });

  it('hold up no stop, though an engine does not give up its copy', async () => {
    const copied = { backup: async () => ({ bytes: 0, series: [] }) };
    let copying = () => undefined as void;
    const begun = new Promise<void>((resolve) => (copying = resolve));
    const journal = {
      position: () => undefined,
      start: () => '0',
      commit: async () => [],
      backup: () => {
        copying();
        return new Promise(() => undefined);
      },
    };
    const store = { ...copied, status: async () => ({ readings: 0 }) };
    const engines = { journal, registry: copied, store, sessions: copied, levels: { lowBytes: 0 } };
    const dataDir = join(directory, 'data');
    await mkdir(dataDir);
    const log = pino({ level: 'silent' });
    const options = { engines: engines as unknown as Engines, dataDir, directory: join(directory, 'backups'), log };
    const backups = await HubBackups.open(options);
    await backups.start();
    await begun;
    await expect(backups.stop()).resolves.toBeUndefined();
  });

  it('are listed though one of them is damaged, which is said of that one', async () => {
    const head = { format: 1, seawall: '0', startedAt: 1, finishedAt: 2, readings: 3, series: 1, bytes: 9 };
    await put('good', JSON.stringify({ ...head, name: 'good', notifier: null, files: [] }));
    await put('damaged', '{"format":1,');
    await put('later', '{"format":7,"seawall":"9.0.0","files":[]}');
    const backups = await open();
    const listed = new Map((await backups.list()).map((each) => [each.name, each]));
    expect(listed.get('good')).toMatchObject({ state: 'complete', readings: 3 });
    expect(listed.get('damaged')).toMatchObject({
      state: 'failed',
      failure: expect.stringMatching(/manifest\.json is damaged/),
    });
    expect(listed.get('later')!.failure).toMatch(/has format 7, and this Seawall knows format 1/);
  });
});
