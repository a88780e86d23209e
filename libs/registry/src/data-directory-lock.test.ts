import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { transformSync } from '@swc/core';
import { DataDirectoryInUseError, lockDataDirectory } from './data-directory-lock.ts';

const children: ChildProcess[] = [];

describe('the lock on the data directory', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'seawall-lock-'));
  });
  afterEach(async () => {
    for (const child of children.splice(0)) await kill(child);
    await rm(directory, { recursive: true, force: true });
  });

  it('makes the directory, and can be taken again after its release', () => {
    const path = join(directory, 'a', 'b');
    const lock = lockDataDirectory(path);
    lock.release();
    lock.release();
    lockDataDirectory(path).release();
  });

  it('refuses a second owner in the same process', () => {
    const lock = lockDataDirectory(directory);
    expect(() => lockDataDirectory(directory)).toThrow(DataDirectoryInUseError);
    lock.release();
  });

  it('refuses a second process in a sentence, and is free once the first was killed', async () => {
    const child = await lockInOtherProcess(directory);
    expect(() => lockDataDirectory(directory)).toThrow(DataDirectoryInUseError);
    expect(() => lockDataDirectory(directory)).toThrow(
      `The data directory ${directory} is in use by another Seawall process. ` +
        'Stop that one first, or choose another directory with --data-dir.',
    );
    await kill(child);
    lockDataDirectory(directory).release();
  });

  it('keeps another process out', async () => {
    const lock = lockDataDirectory(directory);
    await expect(lockInOtherProcess(directory)).rejects.toThrow('DataDirectoryInUseError');
    lock.release();
    await lockInOtherProcess(directory);
  });

  it('survives a refused attempt of its own process', async () => {
    // POSIX locks are lost when any descriptor of the file is closed by their process; SQLite knows that.
    const lock = lockDataDirectory(directory);
    expect(() => lockDataDirectory(directory)).toThrow(DataDirectoryInUseError);
    await expect(lockInOtherProcess(directory)).rejects.toThrow('DataDirectoryInUseError');
    lock.release();
  });
});

/** Runs the module under test in a process of its own, which then stays alive with the lock. */
async function lockInOtherProcess(directory: string): Promise<ChildProcess> {
  const source = readFileSync(join(import.meta.dirname, 'data-directory-lock.ts'), 'utf8');
  const { code } = transformSync(source, { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } });
  const program = `${code}
    lockDataDirectory(${JSON.stringify(directory)});
    process.stdout.write('locked');
    setInterval(() => {}, 1000);`;
  const process = spawn(globalThis.process.execPath, ['--input-type=module', '-e', program], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(process);
  let errors = '';
  process.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const locked = await Promise.race([
    once(process.stdout, 'data').then(() => true),
    once(process, 'close').then(() => false),
  ]);
  if (!locked) throw new Error(errors);
  return process;
}

async function kill(process: ChildProcess): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return;
  const ended = once(process, 'close');
  process.kill('SIGKILL');
  await ended;
}
