import { afterEach, describe, expect, it } from '@jest/globals';
import { controlledJournal, openGateway, PacketClient, recordingLog, until } from './gateway-fixture.ts';
import type { Gateway } from './gateway.ts';

const LIMIT = 20;

let gateway: Gateway;
const log = recordingLog();
afterEach(() => gateway.close());

async function subscriber(clean: boolean): Promise<PacketClient> {
  gateway = await openGateway({
    journal: controlledJournal().journal,
    limits: { maxSubscriptionsPerClient: LIMIT },
    log,
  });
  return PacketClient.connect(gateway.mqttPort, { clientId: 'many', clean });
}

const topics = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `x/${from + i}`);

async function subscribe(client: PacketClient, filters: readonly string[]): Promise<void> {
  const before = client.received('suback');
  client.send({ cmd: 'subscribe', messageId: 1, subscriptions: filters.map((topic) => ({ topic, qos: 0 })) });
  await until(() => client.closed || client.received('suback') > before);
}

async function unsubscribe(client: PacketClient, filters: readonly string[]): Promise<void> {
  const before = client.received('unsuback');
  client.send({ cmd: 'unsubscribe', messageId: 1, unsubscriptions: filters });
  await until(() => client.closed || client.received('unsuback') > before);
}

describe.each([
  ['kept', false],
  ['not kept', true],
])('the subscriptions of a client whose session is %s', (_name, clean) => {
  it('may be as many as the bound, and one more has it cut off', async () => {
    const client = await subscriber(clean);
    await subscribe(client, topics(0, LIMIT - 1));
    await subscribe(client, topics(LIMIT - 1, LIMIT));
    expect(client.closed).toBe(false);
    await subscribe(client, ['one more']);
    expect(client.closed).toBe(true);
    await until(() => log.lines.length > 0);
    expect(log.lines.splice(0)[0]!.fields).toEqual({
      clientId: 'many',
      because: `Client "many" may have ${LIMIT} subscriptions at most.`,
    });
  });

  it('count once, however often they are sent, and not once they are taken back', async () => {
    const client = await subscriber(clean);
    for (let i = 0; i < 5; i++) await subscribe(client, topics(0, LIMIT));
    for (let i = 1; i < 5; i++) {
      await unsubscribe(client, topics((i - 1) * LIMIT, i * LIMIT));
      await subscribe(client, topics(i * LIMIT, (i + 1) * LIMIT));
    }
    expect(client.closed).toBe(false);
    client.destroy();
  });

  it('that one packet brings beyond the bound have it cut off', async () => {
    const client = await subscriber(clean);
    await subscribe(client, topics(0, 10 * LIMIT));
    expect([client.closed, client.received('suback')]).toEqual([true, 0]);
    log.lines.splice(0);
  });
});
