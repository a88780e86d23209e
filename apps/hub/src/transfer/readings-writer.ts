import { open, type FileHandle } from 'node:fs/promises';
import { flush } from '../flush.ts';
import type { ReadingsRun } from './exported-series.ts';
import { CSV, NDJSON, type TextFormat } from './exported-text.ts';

export const FORMATS = ['csv', 'ndjson', 'parquet'] as const;
export type ExportFormat = (typeof FORMATS)[number];

const PIECE_LENGTH = 256 * 1024;

/** Takes readings and makes a file of them, which is whole and on disk after `finish` only. */
export interface ReadingsWriter {
  write(run: ReadingsRun): Promise<void>;
  finish(): Promise<void>;
  /** Lets go of everything; what it wrote so far is left for the caller to remove. */
  close(): Promise<void>;
}

/** @param path of the file; what is there is overwritten */
export async function openWriter(format: ExportFormat, path: string): Promise<ReadingsWriter> {
  if (format !== 'parquet') return TextWriter.open(format === 'csv' ? CSV : NDJSON, path);
  const { ParquetWriter } = await import('./parquet.ts');
  const writer = await ParquetWriter.open(path);
  let closed = false;
  return {
    write: ({ series, time, value }) => writer.write(series, time, value),
    finish: async () => {
      closed = true;
      await writer.finish();
      await flush(path);
    },
    close: async () => {
      if (!closed) await writer.close();
    },
  };
}

class TextWriter implements ReadingsWriter {
  readonly #format: TextFormat;
  readonly #file: FileHandle;
  #held: string;

  static async open(format: TextFormat, path: string): Promise<TextWriter> {
    return new TextWriter(format, await open(path, 'w'));
  }

  private constructor(format: TextFormat, file: FileHandle) {
    this.#format = format;
    this.#file = file;
    this.#held = format.header;
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

  async finish(): Promise<void> {
    await this.#flush();
    await this.#file.sync();
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
