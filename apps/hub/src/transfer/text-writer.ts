import { open, truncate, type FileHandle } from 'node:fs/promises';
import type { ReadingsRun } from './exported-series.ts';
import type { TextFormat } from './exported-text.ts';
import type { ReadingsWriter } from './readings-writer.ts';

const PIECE_LENGTH = 256 * 1024;

/** Writes readings as lines; what it has kept is told by its length. */
export class TextWriter implements ReadingsWriter {
  readonly #format: TextFormat;
  readonly #file: FileHandle;
  #held: string;

  /** @param kept as `keep` told it, to go on after that; without it, what is there is overwritten */
  static async open(format: TextFormat, path: string, kept?: number): Promise<TextWriter> {
    if (kept === undefined) return new TextWriter(format, await open(path, 'w'), format.header);
    await truncate(path, kept);
    return new TextWriter(format, await open(path, 'a'), '');
  }

  private constructor(format: TextFormat, file: FileHandle, held: string) {
    this.#format = format;
    this.#file = file;
    this.#held = held;
  }

  async write({ series, time, value }: ReadingsRun): Promise<void> {
    const line = this.#format.line(series);
    for (let i = 0; i < time.length; i++) {
      this.#held += line(time[i]!, value[i]!);
      if (this.#held.length >= PIECE_LENGTH) await this.#flush();
    }
  }

  async #flush(): Promise<void> {
    const piece = this.#held;
    this.#held = '';
    await this.#file.writeFile(piece); // Goes on where it is, and until all of it is written.
  }

  async keep(): Promise<number> {
    await this.finish();
    return (await this.#file.stat()).size;
  }

  async finish(): Promise<void> {
    await this.#flush();
    await this.#file.sync();
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
