import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { silenceHint } from './silence-hint.ts';

const OTHERS = Array.from({ length: 25 }, (_, i) => `a-s1-${i}`);
const DEVICES = [...OTHERS, 's1'];

let server: Server;
let url: string;

/** The hub's device routes, as far as they are asked here. */
beforeAll(async () => {
  server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://hub');
    const id = decodeURIComponent(pathname.slice('/api/v1/devices/'.length));
    const search = searchParams.get('search') ?? '';
    const limit = Number(searchParams.get('limit'));
    const found = DEVICES.filter((each) => each.includes(search)).slice(0, limit);
    const known = id === '' || DEVICES.includes(id);
    response
      .writeHead(known ? 200 : 404)
      .end(JSON.stringify(known ? { items: found.map((each) => ({ id: each })) } : {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => void server.close());

const hint = (device: string) =>
  silenceHint({ url, mqttUrl: '', token: undefined }, [device], new AbortController().signal);

it('knows a device though many others have its name in theirs', async () => {
  expect(await hint('s1')).toBe('nothing yet from s1; waiting. The hub knows s1, which has said nothing since.');
});

it('does not deny what a list that is cut off may leave out', async () => {
  expect(await hint('s1*')).toBe('nothing yet from s1*; waiting');
});

it('says which devices there are instead of one that the hub does not know', async () => {
  expect(await hint('a-s1-77')).toMatch(/The hub knows no device "a-s1-77": .* It knows a-s1-0, a-s1-1, a-s1-2\./);
  expect(await hint('b*')).toMatch(/The hub knows no device that begins with "b"\./);
});
