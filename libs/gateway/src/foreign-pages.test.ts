import { afterEach, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { controlledJournal, openGateway } from './gateway-fixture.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function open(token?: string) {
  const gateway = await openGateway({
    journal: controlledJournal().journal,
    ...(token === undefined ? {} : { token }),
  });
  cleanups.push(() => gateway.close());
  return gateway;
}

/** @returns "open", or the status that the handshake was answered */
function handshake(port: number, headers: Record<string, string>): Promise<string | number | undefined> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, ['mqtt'], { headers });
  cleanups.push(() => socket.terminate());
  return new Promise((resolve, reject) => {
    socket.on('open', () => resolve('open'));
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
    socket.on('error', reject);
  });
}

describe('a WebSocket to a hub without a token', () => {
  it.each<[string, Record<string, string>]>([
    ['a page of another origin', { origin: 'https://evil.example' }],
    ['a page of another port of the same host', { origin: 'http://127.0.0.1:1' }],
    ['a sandboxed page or a local file', { origin: 'null' }],
    ['a page whose browser says so itself', { 'sec-fetch-site': 'cross-site' }],
    ['a page whose name was made to point here', { host: 'evil.example', origin: 'http://evil.example' }],
  ])('is refused to %s, and counted', async (_name, headers) => {
    const gateway = await open();
    expect(await handshake(gateway.mqttWsPort, headers)).toBe(403);
    expect(gateway.status()).toMatchObject({ connections: 0, refusedConnections: 1 });
  });

  it('is open to programs, which send no Origin, and to pages of its own origin', async () => {
    const { mqttWsPort } = await open();
    expect(await handshake(mqttWsPort, {})).toBe('open');
    expect(await handshake(mqttWsPort, { origin: `http://127.0.0.1:${mqttWsPort}` })).toBe('open');
    const host = `localhost:${mqttWsPort}`;
    expect(await handshake(mqttWsPort, { host, origin: `http://${host}` })).toBe('open');
  });
});

it('is open to any page where the hub asks for a token, which a page must know', async () => {
  const { mqttWsPort } = await open('a token of the hub');
  expect(await handshake(mqttWsPort, { origin: 'https://panel.example', host: 'hub.example' })).toBe('open');
});
