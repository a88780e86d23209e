import { StoreUnavailableError } from '@seawall/ports';

export type Cell = number | string | boolean | null;

/** Rows of one series of a statement's answer; a long series comes in several. */
export interface Rows {
  /** Which of the request's statements they answer, from 0. */
  readonly statement: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly columns: readonly string[];
  readonly values: readonly (readonly Cell[])[];
}

/** InfluxDB could not put a number into words: a sum or a mean beyond what a double holds. */
export class UnspeakableNumberError extends Error {
  override readonly name = 'UnspeakableNumberError';
}

/** What InfluxDB says against a statement. */
export class StatementError extends Error {
  override readonly name = 'StatementError';
}

interface Line {
  readonly error?: string;
  readonly results?: readonly Result[];
}

interface Result {
  readonly statement_id?: number;
  readonly error?: string;
  readonly partial?: boolean;
  readonly series?: readonly (Omit<Partial<Rows>, 'statement'> & { readonly partial?: boolean })[];
}

/**
 * Reads a chunked answer as it comes: each of its lines is a JSON document of some thousand rows.
 * @throws StatementError what the answer says is wrong; UnspeakableNumberError; StoreUnavailableError when it ends too early
 */
export async function* readRows(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Rows> {
  let unfinished = false;
  for await (const text of lines(bytes)) {
    const { error, results = [] } = parse(text);
    if (error !== undefined) throw new StatementError(error);
    for (const result of results) {
      if (result.error !== undefined) throw new StatementError(result.error);
      unfinished = result.partial === true;
      for (const { tags = {}, columns = [], values = [] } of result.series ?? [])
        yield { statement: result.statement_id ?? 0, tags, columns, values };
    }
  }
  if (unfinished) throw new StoreUnavailableError('An answer of InfluxDB ended before it was whole; ask again.');
}

function parse(text: string): Line {
  try {
    return JSON.parse(text) as Line;
  } catch (cause) {
    if (text.includes('unsupported value')) throw new UnspeakableNumberError(text.trim());
    throw new StoreUnavailableError('An answer of InfluxDB broke off, or is none of its own; ask again.', { cause });
  }
}

async function* lines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of bytes) {
    const parts = decoder.decode(chunk, { stream: true }).split('\n');
    parts[0] = rest + parts[0]!;
    rest = parts.pop()!;
    for (const line of parts) if (line.trim() !== '') yield line;
  }
  rest += decoder.decode();
  if (rest.trim() !== '') yield rest;
}
