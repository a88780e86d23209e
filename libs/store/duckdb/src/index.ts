export { digestDatabase, type DigestOptions } from './digest-database.ts';
export { openDuckDbStore } from './open-duckdb-store.ts';
export { countParquetRows, readParquet, type ParquetRows } from './parquet-reader.ts';
export { ParquetWriter } from './parquet-writer.ts';
export type { DuckDbStoreOptions } from './settings.ts';
