import { parse, type CsvError, type Info } from 'csv-parse';
import { createReadStream, type ReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { messageOf, UsageError } from '../errors.ts';
import { Describer } from './description.ts';
import type { Mapping } from './mapping.ts';
import { RowReader, type Reading, type RecordedElement } from './row-reader.ts';
import { Tally } from './tally.ts';

/** Open at a time, since the files are read side by side. */
const MAX_FILES = 256;
const MAX_ROW_CHARACTERS = 1_000_000;

/** A recording that is being read. */
export class Recording {
  readonly tally: Tally;
  readonly totalBytes: number;
  readonly #reading: Reading;
  readonly #paths: readonly string[];
  readonly #streams: ReadStream[] = [];

  /** @param data a CSV file, or a folder with the mapping's `files` @throws UsageError */
  static async open(mapping: Mapping, data: string): Promise<Recording> {
    const { paths, folder } = await findFiles(mapping, data);
    const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
    const describer = await Describer.load(mapping, folder);
    const totalBytes = sizes.reduce((sum, size) => sum + size, 0);
    return new Recording({ mapping, describer, tally: new Tally(), met: new Map() }, paths, totalBytes);
  }

  private constructor(reading: Reading, paths: readonly string[], totalBytes: number) {
    this.#reading = reading;
    this.#paths = paths;
    this.tally = reading.tally;
    this.totalBytes = totalBytes;
    this.tally.files = paths.length;
  }

  get bytesRead(): number {
    return this.#streams.reduce((sum, stream) => sum + stream.bytesRead, 0);
  }

  /** Whether a device of this id has been met. */
  knows(device: string): boolean {
    return this.#reading.met.has(device);
  }

  get devices(): number {
    return this.#reading.met.size;
  }

  /**
   * The elements of each row together; the files are merged by time, as their devices lived side by side. A device's
   * elements come in the order of its file.
   * @throws UsageError for headers the mapping does not fit, and for what is no CSV
   */
  async *rows(): AsyncGenerator<readonly RecordedElement[]> {
    const files = this.#paths.map((path) => this.#rowsOf(path));
    try {
      const heads = await Promise.all(files.map((file) => file.next()));
      for (;;) {
        const earliest = earliestOf(heads);
        if (earliest === undefined) break;
        yield heads[earliest]!.value as readonly RecordedElement[];
        heads[earliest] = await files[earliest]!.next();
      }
    } finally {
      for (const stream of this.#streams) stream.destroy();
    }
    this.#warnOfStrangers();
    this.tally.warnOfDoubt(this.#reading.mapping.timeZone ?? 'UTC');
  }

  async *#rowsOf(path: string): AsyncGenerator<readonly RecordedElement[], undefined> {
    const file = basename(path);
    const parser = this.#parse(path);
    let reader: RowReader | undefined;
    try {
      for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: Info }>) {
        if (reader === undefined) {
          reader = new RowReader(
            this.#reading,
            file,
            record.map((header) => header.trim()),
          );
          continue;
        }
        const elements = reader.read(record, info.lines);
        if (elements.length > 0) yield elements;
      }
    } catch (error) {
      throw explain(error, file);
    }
    if (reader === undefined) throw new UsageError(`${file} is empty; a recording begins with a row of headers.`);
  }

  #parse(path: string): AsyncIterable<unknown> {
    const { delimiter } = this.#reading.mapping;
    const stream = createReadStream(path);
    this.#streams.push(stream);
    const parser = parse({
      bom: true,
      delimiter,
      info: true,
      skip_empty_lines: true,
      relax_column_count: true,
      relax_quotes: true,
      max_record_size: MAX_ROW_CHARACTERS,
    });
    stream.on('error', (error) => parser.destroy(error));
    return stream.pipe(parser);
  }

  #warnOfStrangers(): void {
    const { strangers } = this.#reading.describer;
    if (strangers.length === 0) return;
    const { file } = this.#reading.mapping.describe.table!;
    const [first] = strangers;
    this.tally.warnings.push(
      strangers.length === 1
        ? `1 device is not in ${file}: ${first}.`
        : `${strangers.length} devices are not in ${file}, the first is ${first}.`,
    );
  }
}

function earliestOf(heads: readonly IteratorResult<readonly RecordedElement[], undefined>[]): number | undefined {
  let earliest: number | undefined;
  let least = Infinity;
  for (const [i, { done, value }] of heads.entries()) {
    if (done || value[0]!.ts >= least) continue;
    least = value[0]!.ts;
    earliest = i;
  }
  return earliest;
}

function explain(error: unknown, file: string): unknown {
  if (error instanceof UsageError) return error;
  const code = (error as CsvError).code;
  const why = code?.startsWith('CSV_')
    ? `is not CSV that can be read: ${messageOf(error)}`
    : `can't be read: ${messageOf(error)}`;
  return new UsageError(`${file} ${why}.`, { cause: error });
}

async function findFiles({ files }: Mapping, data: string): Promise<{ paths: string[]; folder: string }> {
  const found = await stat(data).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'there is no such file or folder' : messageOf(error);
    throw new UsageError(`The recording ${data} can't be read: ${why}.`, { cause: error });
  });
  if (!found.isDirectory()) return { paths: [data], folder: dirname(data) };
  const literal = files.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  const pattern = new RegExp(`^${literal.join('.*')}$`);
  const names = (await readdir(data)).filter((name) => pattern.test(name)).sort();
  if (names.length === 0) throw new UsageError(`The folder ${data} has no file ${files}, which the mapping asks for.`);
  if (names.length > MAX_FILES)
    throw new UsageError(
      `The folder ${data} has ${names.length} files ${files}; at most ${MAX_FILES} can be read at once.`,
    );
  return { paths: names.map((name) => join(data, name)), folder: data };
}
