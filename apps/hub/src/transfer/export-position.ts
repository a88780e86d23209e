import { UsageError } from '@seawall/devices-sim/errors';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Selection, SlicePlace } from './hub-readings.ts';
import { forgetPlace, keepPlace } from './place-file.ts';

const FORMAT = 1;

/** How far an export has come. */
export interface ExportProgress {
  /** What was asked for, as it was resolved when the export was begun. */
  readonly selection: Selection;
  readonly place: SlicePlace;
  /** What the file's writer has kept, see `ReadingsWriter`. */
  readonly kept: number;
  /** How many readings that are. */
  readonly readings: number;
}

interface Kept extends ExportProgress {
  readonly format: number;
  readonly asked: string;
}

export function exportPositionPath(file: string): string {
  return `${file}.export.json`;
}

/** How far an export has come, kept in a file beside it, so that one that broke off is gone on with. */
export class ExportPosition {
  readonly #path: string;
  readonly #asked: string;
  /** Of an export before this one. */
  readonly before: ExportProgress | undefined;

  /**
   * @param asked what was asked for, of whom, in words that stay the same from one try to the next
   * @param anew forget what is kept
   * @throws UsageError if what is kept was asked otherwise
   */
  static async open(file: string, asked: string, anew: boolean): Promise<ExportPosition> {
    const path = exportPositionPath(file);
    const kept = anew ? undefined : await read(path);
    if (kept !== undefined && (kept.format !== FORMAT || kept.asked !== asked))
      throw new UsageError(
        `An export to ${file} that broke off had asked for something else (${kept.asked}). Ask for the same to go on with it, or begin anew with --anew.`,
      );
    return new ExportPosition(path, asked, kept);
  }

  private constructor(path: string, asked: string, before: ExportProgress | undefined) {
    this.#path = path;
    this.#asked = asked;
    this.before = before;
  }

  async keep(progress: ExportProgress): Promise<void> {
    const content: Kept = { format: FORMAT, asked: this.#asked, ...progress };
    await keepPlace(this.#path, content);
  }

  /** Nothing is left to go on with. */
  forget(): Promise<void> {
    return forgetPlace(this.#path);
  }
}

async function read(path: string): Promise<Kept | undefined> {
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Kept;
  } catch (cause) {
    throw new UsageError(`${path} can't be read: ${(cause as Error).message}. Begin anew with --anew.`, { cause });
  }
}
