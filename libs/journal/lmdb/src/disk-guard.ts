import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tables } from './tables.ts';

/** Zeros are written this far ahead of what is needed, so that most commits find their room made. */
const AHEAD_BYTES = 4 * 1024 * 1024;
const PIECE = new Uint8Array(256 * 1024);
const ONE_BYTE = new Uint8Array(1);

/**
 * Asks the disk before LMDB does: lmdb (3.3 to 3.5 were looked at) writes past a buffer when it describes a page that it
 * could not write, which may end the process. So every commit is preceded by a byte into a file of our own, and finds
 * the room it needs in `data.mdb` written already: a full or failing disk is an ordinary error here. What remains is a
 * disk that begins to fail between the two.
 */
export class DiskGuard {
  readonly #dataPath: string;
  readonly #probe: FileHandle;
  /** Bytes that `data.mdb` has on disk, as far as known. */
  #end = 0;

  private constructor(dataPath: string, probe: FileHandle) {
    this.#dataPath = dataPath;
    this.#probe = probe;
  }

  /** @param path the journal's directory */
  static async open(path: string): Promise<DiskGuard> {
    return new DiskGuard(join(path, 'data.mdb'), await open(join(path, 'probe'), 'w'));
  }

  /** Resolves when the disk takes writes. @throws the file system's error */
  async probe(): Promise<void> {
    await this.#probe.write(ONE_BYTE, 0, 1, 0);
  }

  /** Resolves when `data.mdb` has room for so much more. No transaction may be under way. @throws the file system's error */
  async makeRoom(tables: Tables, bytes: number): Promise<void> {
    const needed = usedBytes(tables) + bytes;
    if (needed > this.#end) await this.#extend(needed);
  }

  async close(): Promise<void> {
    await this.#probe.close();
  }

  async #extend(needed: number): Promise<void> {
    const file = await open(this.#dataPath, 'r+');
    try {
      this.#end = (await file.stat()).size;
      while (this.#end < needed + AHEAD_BYTES) {
        const { bytesWritten } = await file.write(PIECE, 0, PIECE.length, this.#end);
        this.#end += bytesWritten;
      }
    } catch (error) {
      // On a disk that is nearly full, what is needed may be there though nothing is to spare.
      if (this.#end < needed) throw error;
    } finally {
      await file.close();
    }
  }
}

/** The end of the last page that LMDB has ever used. The types leave `env` out; `getStats` would walk the free pages. */
function usedBytes({ root, pageSize }: Tables): number {
  const { env } = root as unknown as { readonly env: { info(): { readonly lastPageNumber: number } } };
  return (env.info().lastPageNumber + 1) * pageSize;
}
