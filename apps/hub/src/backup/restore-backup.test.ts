import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SettingError } from '../config/setting-error.ts';
import { restoreBackup } from './restore-backup.ts';

describe('restoreBackup', () => {
  let folder: string;
  let from: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'seawall-restore-'));
    from = join(folder, 'backup');
    await mkdir(from);
    await writeFile(join(from, 'manifest.json'), JSON.stringify({ format: 1, files: [] }));
    await symlink(from, join(folder, 'link'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  it.each([
    ['itself', 'backup'],
    ['a folder below it', 'backup/restored'],
    ['one far below it', 'backup/a/b/c'],
    ['one that a link leads to', 'link/restored'],
  ])('makes nothing in the backup that it reads: %s', async (_, place) => {
    const refusal = restoreBackup({ from, dataDir: join(folder, place) }).catch((error: unknown) => error);
    expect(await refusal).toBeInstanceOf(SettingError);
    expect(String(await refusal)).toContain('lies in the backup');
    expect(await readdir(from)).toEqual(['manifest.json']);
  });

  it('takes a folder beside it whose name begins like its own', async () => {
    await mkdir(join(folder, 'backup-restored'));
    await writeFile(join(folder, 'backup-restored', 'thesis.tex'), '');
    const refusal = restoreBackup({ from, dataDir: join(folder, 'backup-restored') });
    await expect(refusal).rejects.toThrow('is not empty (thesis.tex)');
  });
});
