export { diskBytes } from './disk-bytes.ts';
export { freePort } from './free-port.ts';
export { answers, lost, ofWrites, startFaultyProxy, type Fault, type FaultyProxy } from './faulty-proxy.ts';
export { noInfluxBecause, startInflux, type InfluxServer, type InfluxServerOptions } from './influx-server.ts';
