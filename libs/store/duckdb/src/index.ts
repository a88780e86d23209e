export { openDuckDbStore } from './open-duckdb-store.ts';
export type { DuckDbStoreOptions } from './settings.ts';
