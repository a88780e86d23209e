export { diskBytes } from './disk-bytes.ts';
export { noInfluxBecause, startInflux, type InfluxServer, type InfluxServerOptions } from './influx-server.ts';
