import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '@seawall/devices-sim/errors';
import { lockExport, removeStale } from './export-lock.ts';

/** Greater than any process id. */
const KILLED = '999999999';

describe('the lock of an export', () => {
  let folder: string;
  let file: string;
  let lock: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'seawall-export-lock-'));
    file = join(folder, 'x.csv');
    lock = `${file}.lock`;
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('is held by one at a time, and given free', async () => {
    const free = await lockExport(file);
    await expect(lockExport(file)).rejects.toThrow(`Process ${process.pid} is exporting to ${file}`);
    await free();
    await (
      await lockExport(file)
    )();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('does not count when an export that was killed has left it, and then goes to one of two', async () => {
    for (let round = 0; round < 50; round++) {
      writeFileSync(lock, KILLED);
      const taken = await Promise.allSettled([lockExport(file), lockExport(file)]);
      expect(taken.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      for (const each of taken) if (each.status === 'fulfilled') await each.value();
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([
    ['a folder that is not there', 'nowhere/a.parquet', 'nowhere is not there. Make it, or name another file with -o.'],
    ['a file', 'x/a.parquet', 'x is no folder. Name one, or name another file with -o.'],
  ])('refuses %s with a sentence', async (_, name, said) => {
    writeFileSync(file.replace('.csv', ''), '');
    const refusal = lockExport(join(folder, name)).catch((error: unknown) => error);
    expect(await refusal).toBeInstanceOf(UsageError);
    expect(String(await refusal)).toContain(said);
  });

  it('stays where another export has taken it since it was found stale', async () => {
    writeFileSync(lock, String(process.pid));
    await removeStale(lock, KILLED);
    expect(readFileSync(lock, 'utf8')).toBe(String(process.pid));
    await removeStale(lock, String(process.pid));
    expect(existsSync(lock)).toBe(false);
    await removeStale(lock, KILLED);
    expect(readdirSync(folder)).toEqual([]);
  });
});
