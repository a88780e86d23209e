import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from './repository.ts';

/** What of the journal's writes fails; the journal's own fixture (fail-writes.c) says what each is. */
export type Failure = 'write' | 'sync' | 'meta' | 'after';

/** A library preloaded into the hub, by which writes to its journal fail on demand. */
export interface FailingDisk {
  /** For the hub's environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly fail: (what: Failure, code: 'EIO' | 'ENOSPC') => void;
  readonly mend: () => void;
}

/**
 * @param folder for the compiled library and its control file
 * @returns a sentence instead where it can't be had
 */
export function buildFailingDisk(folder: string, dataDir: string): FailingDisk | string {
  if (process.platform !== 'linux') return `preloading is Linux's, this is ${process.platform}`;
  const source = join(repositoryRoot, 'libs/journal/lmdb/test-fixtures/fail-writes.c');
  const library = join(folder, 'fail-writes.so');
  const { status, error } = spawnSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl']);
  if (status !== 0) return `a C compiler (cc) is needed${error === undefined ? ', and this one failed' : ''}`;
  const control = join(folder, 'control');
  return {
    env: { LD_PRELOAD: library, SEAWALL_FAIL_DIR: join(dataDir, 'journal'), SEAWALL_FAIL_CONTROL: control },
    fail: (what, code) => writeFileSync(control, `${what} ${constants.errno[code]}`),
    mend: () => rmSync(control, { force: true }),
  };
}
