import { messageOf, UsageError } from '@seawall/devices-sim/errors';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { CSV, isCsvHeader, NDJSON, type ExportedRow } from './exported-text.ts';
import type { ExportFormat } from './readings-writer.ts';

const PARQUET_MAGIC = 'PAR1';
const FIRST_BYTES = 4096;

/** What a file holds, if it is one that `seawall export` writes; told by what it begins with, not by its name. */
export async function formatOfFile(path: string): Promise<ExportFormat | undefined> {
  if ((await stat(path)).isDirectory()) return undefined;
  const file = await open(path);
  const bytes = Buffer.alloc(FIRST_BYTES);
  try {
    const { bytesRead } = await file.read(bytes, 0, FIRST_BYTES, 0);
    const text = bytes.toString('utf8', 0, bytesRead);
    if (text.startsWith(PARQUET_MAGIC)) return 'parquet';
    const [line = ''] = text.split(/\r?\n/, 1);
    if (isCsvHeader(line)) return 'csv';
    return NDJSON.parse(line) === undefined ? undefined : 'ndjson';
  } finally {
    await file.close();
  }
}

/** How much of a file has been read: 0 to 1. */
export interface ReadState {
  fraction: number;
}

/** The rows of a file in their order. @throws UsageError naming the line that is none */
export async function* readExported(
  path: string,
  format: ExportFormat,
  state: ReadState,
): AsyncGenerator<readonly ExportedRow[], void, void> {
  if (format === 'parquet') yield* parquetRows(path, state);
  else yield* textRows(path, format, state);
}

const ROWS_AT_A_TIME = 2_000;

async function* textRows(
  path: string,
  format: 'csv' | 'ndjson',
  state: ReadState,
): AsyncGenerator<ExportedRow[], void, void> {
  const text = format === 'csv' ? CSV : NDJSON;
  const { size } = await stat(path);
  const input = createReadStream(path);
  const lines = createInterface({ input, crlfDelay: Infinity });
  let rows: ExportedRow[] = [];
  let number = 0;
  try {
    for await (const line of lines) {
      number++;
      if ((number === 1 && format === 'csv') || line === '') continue;
      const row = text.parse(line);
      if (row === undefined) throw new UsageError(`${path}:${number} is no reading: ${line.slice(0, 200)}`);
      rows.push(row);
      if (rows.length < ROWS_AT_A_TIME) continue;
      state.fraction = input.bytesRead / size;
      yield rows;
      rows = [];
    }
  } finally {
    lines.close();
    input.destroy();
  }
  yield rows;
}

async function* parquetRows(path: string, state: ReadState): AsyncGenerator<ExportedRow[], void, void> {
  const { countParquetRows, readParquet } = await import('./parquet.ts');
  try {
    const total = await countParquetRows(path);
    let read = 0;
    for await (const { domain, device, metric, unit, time, value } of readParquet(path)) {
      read += time.length;
      state.fraction = read / Math.max(1, total);
      yield domain.map((_, i) => ({
        domain: domain[i]!,
        device: device[i]!,
        metric: metric[i]!,
        unit: unit[i] ?? null,
        time: time[i]!,
        value: value[i]!,
      }));
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${path} can't be read as "seawall export" writes it: ${messageOf(error).split('\n', 1)[0]}`, {
      cause: error,
    });
  }
}
