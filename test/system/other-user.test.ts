import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { seawallBin } from '../support/repository.ts';
import { skippedAloud } from '../support/skipped-aloud.ts';
import { hubEnvironment } from '../support/start-hub.ts';
import { makeTempDir, removeTempDir } from '../support/temp-dir.ts';

const AS_NOBODY = ['--reuid', '65534', '--regid', '65534', '--clear-groups', process.execPath];

describe("commands of a user who is not the hub's", () => {
  let folder: string;
  const possible = spawnSync('setpriv', [...AS_NOBODY, '--check', seawallBin]).status === 0;

  beforeAll(async () => {
    if (!possible) skippedAloud('commands of another user', 'this needs root, setpriv, and a Node that all may run');
    folder = await makeTempDir('other-user');
    await chmod(folder, 0o755);
  });

  afterAll(() => removeTempDir(folder));

  function asNobody(...args: readonly string[]) {
    const { status, stdout, stderr } = spawnSync('setpriv', [...AS_NOBODY, seawallBin, ...args], {
      env: hubEnvironment({}),
      encoding: 'utf8',
    });
    return { code: status, stdout, stderr };
  }

  it('doctor has one finding about a data directory that it may not look into', async () => {
    if (!possible) return;
    const dataDir = join(folder, 'data');
    await mkdir(dataDir, { mode: 0o700 });
    const { code, stdout, stderr } = asNobody('doctor', '--data-dir', dataDir, '--json');
    expect(stderr).toBe('');
    const { findings } = JSON.parse(stdout) as { findings: unknown[] };
    expect(findings).toEqual([
      {
        check: 'data',
        state: 'attention',
        says: expect.stringContaining(`${dataDir} can't be looked into by this user`),
        todo: "Run this as the hub's user.",
      },
    ]);
    expect(code).toBe(1);
  }, 30_000);

  it('doctor says that the data directory can not be made', async () => {
    if (!possible) return;
    const { code, stdout } = asNobody('doctor', '--data-dir', join(folder, 'a', 'b'), '--json');
    const { findings } = JSON.parse(stdout) as { findings: { check: string; state: string; says: string }[] };
    expect(findings.filter(({ check }) => check === 'data')).toMatchObject([
      { state: 'attention', says: expect.stringContaining(`nothing may be written in ${folder}.`) },
    ]);
    expect(code).toBe(1);
  }, 30_000);

  it('restore does not take a backup that it may not read for none', async () => {
    if (!possible) return;
    const backup = join(folder, 'backup');
    await mkdir(backup);
    await writeFile(join(backup, 'manifest.json'), '{}', { mode: 0o600 });
    const { code, stderr } = asNobody('restore', backup, '--data-dir', join(folder, 'restored'));
    expect(stderr).toMatch(/manifest\.json can't be read: EACCES.* Restore it as a user who may read it/);
    expect(code).toBe(2);
  }, 30_000);
});
