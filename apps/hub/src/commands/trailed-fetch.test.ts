import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TrailedFetch } from './trailed-fetch.ts';

let server: Server;

async function serve(answer: RequestListener): Promise<string> {
  server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

describe('TrailedFetch', () => {
  it('gives the answer as the platform does, and its trailers once it has been read', async () => {
    const url = await serve((request, response) => {
      response.writeHead(200, { 'content-type': 'text/csv', trailer: 'Seawall-Partial' });
      response.addTrailers({ 'Seawall-Partial': '2' });
      request.pipe(response);
    });
    const trailed = new TrailedFetch();
    const response = await trailed.fetch(url, { method: 'POST', headers: { accept: 'text/csv' }, body: 'a,b' });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/csv']);
    expect(await response.text()).toBe('a,b');
    expect(trailed.trailers['seawall-partial']).toBe('2');
  });

  it('fails where the body is read when the connection breaks in the middle of it', async () => {
    let breakOff = () => undefined as unknown;
    const url = await serve((_, response) => {
      breakOff = () => response.socket!.resetAndDestroy();
      response.writeHead(200);
      response.write('begun');
    });
    const reader = (await new TrailedFetch().fetch(url, {})).body!.getReader();
    await reader.read();
    breakOff();
    await expect(reader.read()).rejects.toThrow();
  });
});
