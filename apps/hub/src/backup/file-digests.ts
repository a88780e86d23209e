import { createHash } from 'node:crypto';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BackedUpFile } from './manifest.ts';

const PIECE_BYTES = 1024 * 1024;

export interface CopyFileOptions {
  readonly signal?: AbortSignal;
  /** Told the bytes since it was told last. */
  readonly onBytes?: (bytes: number) => void;
}

/** Every file below a folder, as paths with slashes relative to it, sorted. */
export async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return files.map((path) => path.slice(directory.length + 1).replaceAll('\\', '/')).sort();
}

/** Size and SHA-256 of a file; with `to`, of the copy that is made on the way, and flushed. */
export async function digestFile(
  root: string,
  path: string,
  options: CopyFileOptions = {},
  to?: string,
): Promise<BackedUpFile> {
  const hash = createHash('sha256');
  const piece = new Uint8Array(PIECE_BYTES);
  const file = await open(join(root, path), 'r');
  const copy = to === undefined ? undefined : await open(to, 'wx').catch(closing(file));
  let bytes = 0;
  try {
    for (;;) {
      options.signal?.throwIfAborted();
      const { bytesRead } = await file.read(piece, 0, PIECE_BYTES, bytes);
      if (bytesRead === 0) break;
      const read = piece.subarray(0, bytesRead);
      hash.update(read);
      await copy?.writeFile(read); // Goes on where it is; `write` may take a part only.
      bytes += bytesRead;
      options.onBytes?.(bytesRead);
    }
    await copy?.sync();
  } finally {
    await file.close();
    await copy?.close();
  }
  return { path, bytes, sha256: hash.digest('hex') };
}

function closing(file: { close(): Promise<void> }) {
  return async (error: unknown): Promise<never> => {
    await file.close();
    throw error;
  };
}
