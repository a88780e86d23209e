export { openInfluxStore } from './open-influx-store.ts';
export type { InfluxApi, InfluxStoreOptions } from './settings.ts';
export { probeInflux, type InfluxProbe } from './probe-influx.ts';
