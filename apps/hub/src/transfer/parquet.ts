/** To be imported where a file is Parquet, and not before: the engine behind it takes a while to load. */
export { countParquetRows, ParquetWriter, readParquet } from '@seawall/store-duckdb';
