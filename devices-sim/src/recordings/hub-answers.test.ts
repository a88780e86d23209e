import { afterEach, describe, expect, it } from '@jest/globals';
import { Aedes, type Client } from 'aedes';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { HubAnswers } from './hub-answers.ts';
import { Tally } from './tally.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function startBroker() {
  const broker = await Aedes.createBroker();
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    broker.handle(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(async () => {
    await new Promise<void>((resolve) => broker.close(resolve));
    await new Promise((resolve) => server.close(resolve));
  });
  const say = (topic: string, payload: object | string) =>
    new Promise<void>((resolve, reject) => {
      const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
      const packet = { cmd: 'publish', topic, payload: text, qos: 0, retain: false, dup: false } as const;
      broker.publish(packet, (error) => (error ? reject(error) : resolve()));
    });
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return { broker, say, cut, url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function listen(url: string) {
  const tally = new Tally();
  const answers = await HubAnswers.open({
    url,
    clientId: 'test-answers',
    tally,
    isOurs: (device) => device === 'ours',
  });
  closers.push(() => answers.close());
  return { tally, answers };
}

const answer = (more: object = {}) => ({
  reason: 'bad-description',
  detail: 'The unit is none.',
  topic: 'city/weather/ours/attributes',
  count: 1,
  ...more,
});

describe('the answers of the hub', () => {
  it('of our devices are counted with their counts and shown with their topic; those of others are not', async () => {
    const { url, say } = await startBroker();
    const { tally, answers } = await listen(url);
    await say('city/weather/ours/errors', answer());
    await say('city/weather/theirs/errors', answer());
    await say('city/weather/ours/errors', answer({ reason: 'too-far-ahead', detail: 'Too far.', count: 41 }));
    await answers.settle();
    const topic = 'city/weather/ours/attributes';
    expect(tally.summary().rejected).toEqual([
      { reason: 'bad-description', count: 1, examples: [{ file: topic, detail: 'The unit is none.' }] },
      { reason: 'too-far-ahead', count: 41, examples: [{ file: topic, detail: 'Too far.' }] },
    ]);
    expect(tally.warnings).toEqual([]);
  });

  it('are waited for as long as the hub may hold them back', async () => {
    const { url, say } = await startBroker();
    const { tally, answers } = await listen(url);
    await say('city/weather/ours/errors', answer());
    const settled = answers.settle();
    setTimeout(() => void say('city/weather/ours/errors', answer({ count: 6 })), 1_000);
    await settled;
    expect(tally.rejectedCount).toBe(7);
  });

  it('that can not be read are told', async () => {
    const { url, say } = await startBroker();
    const { tally, answers } = await listen(url);
    await say('city/weather/ours/errors', 'hello');
    await answers.settle();
    expect(tally.warnings.join()).toMatch(/may have rejected more .*on city\/weather\/ours\/errors something came/);
  });

  it('may be incomplete when the connection broke, and then say so', async () => {
    const { url, broker, cut } = await startBroker();
    const { tally, answers } = await listen(url);
    const back = new Promise<Client>((resolve) => broker.once('clientReady', resolve));
    cut();
    await back;
    await answers.settle();
    expect(tally.warnings.join()).toMatch(/may have rejected more .*connection broke/);
  });
});
