import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { flush } from '../flush.ts';
import type { ReadingsRun } from './exported-series.ts';
import { CSV, NDJSON, type TextFormat } from './exported-text.ts';
import type { ParquetWriter } from './parquet.ts';
import { readExported } from './read-exported.ts';
import type { SeriesTally } from './series-tally.ts';
import { TextWriter } from './text-writer.ts';

export const FORMATS = ['csv', 'ndjson', 'parquet'] as const;
export type ExportFormat = (typeof FORMATS)[number];

/** Takes readings and makes a file of them, which is whole and on disk after `finish` only. */
export interface ReadingsWriter {
  write(run: ReadingsRun): Promise<void>;
  /** Puts on disk what it has taken. @returns what tells it, for `resumeWriter` */
  keep(): Promise<number>;
  finish(): Promise<void>;
  /** Lets go of everything; what it has written stays there, see `removeStaging`. */
  close(): Promise<void>;
}

/** @param path of the file; what is there is overwritten */
export async function openWriter(format: ExportFormat, path: string): Promise<ReadingsWriter> {
  if (format !== 'parquet') return TextWriter.open(textOf(format), path);
  const { ParquetWriter } = await import('./parquet.ts');
  return parquetWriter(await ParquetWriter.open(path), path);
}

/**
 * Goes on with a file that was begun.
 * @param kept as `keep` told it; what was written after that is taken away
 * @param tally gets what the file has of before, read back from there
 * @returns undefined if that is not there any more
 * @throws UsageError if something in it is no reading; the signal's reason
 */
export async function resumeWriter(
  format: ExportFormat,
  path: string,
  kept: number,
  tally: SeriesTally,
  signal: AbortSignal,
): Promise<ReadingsWriter | undefined> {
  if (format === 'parquet') return resumeParquet(path, kept, tally, signal);
  if (!existsSync(path) || (await stat(path)).size < kept) return undefined;
  const writer = await TextWriter.open(textOf(format), path, kept);
  try {
    for await (const rows of readExported(path, format, { fraction: 0 })) {
      signal.throwIfAborted();
      for (const { domain, device, metric, unit, time, value } of rows)
        tally.addOne(tally.seriesOf(domain, device, metric, unit), time, value);
    }
  } catch (error) {
    await writer.close();
    throw error;
  }
  return writer;
}

/** Removes what a writer of Parquet has gathered beside its file. */
export async function removeStaging(path: string): Promise<void> {
  if (existsSync(`${path}.duckdb`)) await (await import('./parquet.ts')).ParquetWriter.discard(path);
}

function textOf(format: 'csv' | 'ndjson'): TextFormat {
  return format === 'csv' ? CSV : NDJSON;
}

async function resumeParquet(
  path: string,
  kept: number,
  tally: SeriesTally,
  signal: AbortSignal,
): Promise<ReadingsWriter | undefined> {
  const { ParquetWriter } = await import('./parquet.ts');
  const writer = await ParquetWriter.resume(path, kept, ({ domain, device, metric, unit }) =>
    tally.seriesOf(domain, device, metric, unit),
  );
  if (writer === undefined) return undefined;
  for await (const run of writer.taken()) {
    signal.throwIfAborted();
    tally.add(run);
  }
  return parquetWriter(writer, path);
}

function parquetWriter(writer: ParquetWriter, path: string): ReadingsWriter {
  let closed = false;
  return {
    write: ({ series, time, value }) => writer.write(series, time, value),
    keep: () => writer.keep(),
    finish: async () => {
      closed = true;
      await writer.finish();
      await flush(path);
    },
    close: async () => {
      if (!closed) writer.close();
      return Promise.resolve();
    },
  };
}
