import { afterEach, describe, expect, it } from '@jest/globals';
import type { Gateway } from './gateway.ts';
import { controlledJournal, openGateway, PacketClient, recordingLog, until } from './gateway-fixture.ts';

const CUT_OFF = 'a client was cut off';

describe("the gateway's log", () => {
  let gateway: Gateway;
  afterEach(() => gateway.close());

  it('says who sent a topic that is not UTF-8, of which nothing is kept', async () => {
    const log = recordingLog();
    const { journal } = controlledJournal();
    gateway = await openGateway({ journal, log });
    const breaker = await PacketClient.connect(gateway.mqttPort, { clientId: 'latin' });
    const topic = Buffer.from('city/environment/caf\u00e9/telemetry', 'latin1');
    const head = Buffer.from([0x32, topic.length + 11, 0, topic.length]);
    breaker.socket.write(Buffer.concat([head, topic, Buffer.from('\0\u0001{"a":1}')]));
    await until(() => breaker.closed);
    await until(() => log.lines.some(({ message }) => message === CUT_OFF));
    expect(log.lines.map(({ fields }) => fields)).toEqual([
      { clientId: 'latin', because: 'A text in the packet is not UTF-8' },
    ]);
    expect([breaker.received('puback'), gateway.status().messages]).toEqual([0, 0]);
    expect(gateway.status().refusedConnections).toBe(0);
  });

  it('says whom the broker has cut off, but nothing of those who leave', async () => {
    const log = recordingLog();
    gateway = await openGateway({ journal: controlledJournal().journal, log });
    const [leaver, breaker] = [
      await PacketClient.connect(gateway.mqttPort, { clientId: 'leaver' }),
      await PacketClient.connect(gateway.mqttPort, { clientId: 'breaker' }),
    ];
    leaver.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'a/#', qos: 1 }] });
    await until(() => leaver.received('suback') === 1);
    // Messages are on their way to it when it leaves.
    for (let i = 1; i <= 50; i++) breaker.publish('a/b', 'x', 1, i);
    leaver.destroy();
    await until(() => breaker.received('puback') === 50);
    breaker.socket.write(Buffer.from([0xf0, 0x00])); // no packet of MQTT 3.1.1
    await until(() => breaker.closed);
    await until(() => log.lines.some(({ message }) => message === CUT_OFF));
    const told = log.lines.filter(({ message }) => message === CUT_OFF);
    expect(told.map(({ fields }) => (fields as { clientId: string }).clientId)).toEqual(['breaker']);
  });
});
