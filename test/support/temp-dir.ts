import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new empty directory under the system's temporary one; `removeTempDir` takes it away again. */
export function makeTempDir(name: string): Promise<string> {
  return mkdtemp(join(tmpdir(), `seawall-${name}-`));
}

export function removeTempDir(dir: string): Promise<void> {
  return rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}
