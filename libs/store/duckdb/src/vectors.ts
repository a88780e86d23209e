import type { DuckDBDataChunk } from '@duckdb/node-api';

export type FixedWidthColumn = Uint8Array | Uint16Array | Int32Array | Uint32Array | BigInt64Array | Float64Array;

/** A vector of a fixed-width type: its numbers as one typed array, which the package's types keep to themselves. */
interface FixedWidthVector<T> {
  readonly items: T;
  flush(): void;
}

/** The numbers of a column without nulls. They are the engine's own memory, gone with the chunk: copy what is to last. */
export function readColumn<T extends FixedWidthColumn>(chunk: DuckDBDataChunk, index: number): T {
  return (chunk.getColumnVector(index) as unknown as FixedWidthVector<T>).items;
}

/** Sets a whole column; the chunk's `rowCount` must be the length. */
export function writeColumn(chunk: DuckDBDataChunk, index: number, column: FixedWidthColumn): void {
  const vector = chunk.getColumnVector(index) as unknown as FixedWidthVector<{ set(source: FixedWidthColumn): void }>;
  vector.items.set(column);
  vector.flush();
}
