import { expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { askHub } from './ask-hub.ts';

it('is done with a program whose answer never ends', async () => {
  const more = Buffer.alloc(1024 * 1024, 'x');
  const go = (response: ServerResponse): void => {
    while (!response.destroyed && response.write(more));
  };
  const server = createServer((_request, response) => {
    response.on('drain', () => go(response));
    go(response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const { facts } = await askHub(url, undefined);
    expect(facts).toMatchObject({ kind: 'unreachable', message: expect.stringContaining('does not end') });
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
