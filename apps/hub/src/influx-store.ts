/** Apart, so that only a hub whose store is InfluxDB loads it. */
export { openInfluxStore } from '@seawall/store-influx';
