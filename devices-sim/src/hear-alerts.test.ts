import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Alert } from '@seawall/model';
import { Aedes, type AuthenticateError, type Client } from 'aedes';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { hearAlerts } from './hear-alerts.ts';

const TOPIC = 'city/alerts/major/environment/millrace/smog/_';
let broker: Aedes;
let server: Server;
let url: string;

beforeEach(async () => {
  broker = await Aedes.createBroker();
  broker.authenticate = (_client, _user, password, done) => {
    if (password?.toString() === 'secret') return done(null, true);
    const refused: AuthenticateError = Object.assign(new Error('no'), { returnCode: 4 });
    done(refused, false);
  };
  server = createServer(broker.handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => new Promise<void>((resolve) => broker.close(() => server.close(() => resolve()))));

function say(alert: Partial<Alert> | undefined, retain = true, topic = TOPIC): Promise<void> {
  const payload = alert === undefined ? '' : JSON.stringify(alert);
  return new Promise((resolve, reject) => {
    broker.publish({ cmd: 'publish', topic, payload, qos: 1, retain, dup: false }, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

describe('hearAlerts', () => {
  it('tells what begins to fire and what is over, not what fired before nor an acknowledgement', async () => {
    await say({ id: 'old', state: 'firing', revision: 1 });
    const heard: string[] = [];
    let whenLast = () => {};
    const last = new Promise<void>((resolve) => (whenLast = resolve));
    const listener = await hearAlerts(url, 'secret', ({ id, state }) => {
      heard.push(`${id} ${state}`);
      if (id === 'last') whenLast();
    });
    await say({ id: 'new', state: 'firing', revision: 1 });
    await say({ id: 'new', state: 'firing', revision: 2, ack: { by: 'me', at: '', comment: '' } });
    await say({ id: 'new', state: 'resolved', revision: 3 }, false);
    await say(undefined);
    await say({ id: 'last', state: 'firing', revision: 1 });
    await last;
    await listener.stop();
    expect(heard).toEqual(['new firing', 'new resolved', 'last firing']);
  });

  it('tells what has begun to fire while the link was lost, and nothing twice', async () => {
    await say({ id: 'old', state: 'firing', revision: 1 });
    const connected = new Promise<Client>((resolve) => broker.once('client', resolve));
    const heard: string[] = [];
    const waiting = new Map<string, () => void>();
    const hears = (id: string) => new Promise<void>((resolve) => waiting.set(id, resolve));
    const listener = await hearAlerts(url, 'secret', ({ id, state }) => {
      heard.push(`${id} ${state}`);
      waiting.get(id)?.();
    });
    const first = hears('first');
    await say({ id: 'first', state: 'firing', revision: 1 }, true, `${TOPIC}1`);
    await first;
    const [meanwhile, last] = [hears('meanwhile'), hears('last')];
    (await connected).close();
    await say({ id: 'meanwhile', state: 'firing', revision: 1 }, true, `${TOPIC}2`);
    await meanwhile;
    await say({ id: 'last', state: 'firing', revision: 1 }, true, `${TOPIC}3`);
    await last;
    await listener.stop();
    expect(heard).toEqual(['first firing', 'meanwhile firing', 'last firing']);
  });

  it('says in a sentence that the token is refused, or that the address is none', async () => {
    await expect(hearAlerts(url, 'wrong', () => {})).rejects.toThrow(/refused the token; give the one/);
    await expect(hearAlerts('http://127.0.0.1', undefined, () => {})).rejects.toThrow(/not the address of an MQTT hub/);
  });
});
