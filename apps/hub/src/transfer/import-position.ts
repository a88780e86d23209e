import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { forgetPlace, keepPlace } from './place-file.ts';

const KEEP_EVERY_MS = 500;

interface Kept {
  readonly hub: string;
  readonly size: number;
  readonly changedAt: number;
  readonly readings: number;
}

/**
 * How many readings of a file a hub has taken, kept in a file beside it, so that an import that was interrupted goes on
 * there. It may lag behind by what the last half second sent, which is then sent again and stored once.
 */
export class ImportPosition {
  readonly path: string;
  readonly #of: Omit<Kept, 'readings'>;
  #keptAt = 0;
  /** Of an import before this one. */
  readonly resumed: number;
  /** The position can't be kept, for this reason. */
  failure: string | undefined;

  /** @param anew forget what is kept */
  static async open(file: string, hub: string, anew: boolean): Promise<ImportPosition> {
    const path = `${file}.position.json`;
    const { size, mtimeMs } = await stat(file);
    const of = { hub, size, changedAt: mtimeMs };
    return new ImportPosition(path, of, anew ? 0 : await keptReadings(path, of));
  }

  private constructor(path: string, of: Omit<Kept, 'readings'>, resumed: number) {
    this.path = path;
    this.#of = of;
    this.resumed = resumed;
  }

  /** @param readings from the file's beginning that the hub has acknowledged */
  async keep(readings: number, now = false): Promise<void> {
    if (this.failure !== undefined || (!now && performance.now() - this.#keptAt < KEEP_EVERY_MS)) return;
    this.#keptAt = performance.now();
    try {
      await keepPlace(this.path, { ...this.#of, readings });
    } catch (error) {
      this.failure = (error as Error).message; // a folder that can't be written: the import goes on without
    }
  }

  /** All of the file has been sent. */
  async forget(): Promise<void> {
    await forgetPlace(this.path).catch(() => undefined);
  }
}

/** 0 for another hub, a file that has changed since, or a position that was not written to its end. */
async function keptReadings(path: string, { hub, size, changedAt }: Omit<Kept, 'readings'>): Promise<number> {
  if (!existsSync(path)) return 0;
  try {
    const kept = JSON.parse(await readFile(path, 'utf8')) as Kept;
    return kept.hub === hub && kept.size === size && kept.changedAt === changedAt ? kept.readings : 0;
  } catch {
    return 0; // sending all of it again is harmless
  }
}
