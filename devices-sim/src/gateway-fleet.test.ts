import { describe, expect, it } from '@jest/globals';
import { Aedes } from 'aedes';
import { createServer, type AddressInfo } from 'node:net';
import { cityDevices } from './city.ts';
import { createFleet, MOST_OWN_LINKS } from './fleet.ts';
import { GatewayFleet, gatewayOf } from './gateway-fleet.ts';

describe('a large city', () => {
  it('shares a bounded number of gateways, the same for a device however large the city is', () => {
    const large = cityDevices(20_000);
    expect(new Set(large.map(gatewayOf)).size).toBeLessThanOrEqual(256);
    expect(cityDevices(1_500).map(gatewayOf)).toEqual(large.slice(0, 1_500).map(gatewayOf));
  });

  it('describes every device once, behind its gateway, and says the status of gateways only', async () => {
    const broker = await Aedes.createBroker();
    const heard: { topic: string; payload: string }[] = [];
    let sockets = 0;
    broker.authorizePublish = (_client, { topic, payload }, done) => {
      heard.push({ topic, payload: payload.toString() });
      done(null);
    };
    const server = createServer((socket) => {
      sockets++;
      broker.handle(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const devices = cityDevices(MOST_OWN_LINKS + 1);
    const failures: Error[] = [];
    const fleet = createFleet({
      url,
      devices,
      patienceMs: 5_000,
      runId: 'r',
      onFailure: (error) => failures.push(error),
    });
    await fleet.connect(new AbortController().signal);
    await fleet.close();
    const about = (what: string) => heard.filter(({ topic }) => topic.endsWith(what));
    const described = new Map(about('/attributes').map(({ topic, payload }) => [topic.split('/')[2], payload]));
    const gateways = new Set(devices.map(gatewayOf));
    expect(about('/attributes')).toHaveLength(devices.length + gateways.size);
    for (const device of devices) {
      expect(JSON.parse(described.get(device.id)!)).toEqual({ ...device.description, gateway: gatewayOf(device) });
    }
    expect(new Set(about('/status').map(({ topic }) => topic.split('/')[2]))).toEqual(gateways);
    expect(sockets).toBe(gateways.size);
    expect(failures).toEqual([]);
    await new Promise((resolve) => broker.close(() => server.close(resolve)));
  }, 60_000);

  it('ends when it is given up while the last gateway connects, though the hub acknowledges nothing', async () => {
    const broker = await Aedes.createBroker();
    broker.authorizePublish = () => {}; // never an acknowledgement
    const server = createServer(broker.handle);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const devices = cityDevices(1);
    const fleet = new GatewayFleet({ url, devices, patienceMs: 5_000, runId: 'r', onFailure: () => {} });
    const stop = new AbortController();
    broker.on('client', () => stop.abort(new Error('given up')));
    await expect(fleet.connect(stop.signal)).rejects.toThrow('given up');
    const closed = fleet.close();
    await new Promise((resolve) => broker.close(() => server.close(resolve)));
    await closed;
  });
});
