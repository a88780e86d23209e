export { digestDatabase, type DigestOptions } from './digest-database.ts';
export { openDuckDbStore } from './open-duckdb-store.ts';
export type { DuckDbStoreOptions } from './settings.ts';
