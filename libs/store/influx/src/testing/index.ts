export { diskBytes } from './disk-bytes.ts';
export { freePort } from './free-port.ts';
export { answer, startFaultyProxy, type Answer, type Fault, type FaultyProxy, type Passing } from './faulty-proxy.ts';
export { noInfluxBecause, startInflux, type InfluxServer, type InfluxServerOptions } from './influx-server.ts';
