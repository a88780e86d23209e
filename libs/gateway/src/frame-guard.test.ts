import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import mqttPacket from 'mqtt-packet';
import { FrameGuard } from './frame-guard.ts';

const publish = (bytes: number, topic = 'city/a/b/telemetry') =>
  mqttPacket.generate({
    cmd: 'publish',
    topic,
    payload: Buffer.alloc(bytes, 0x30),
    qos: 1,
    messageId: 7,
    dup: false,
    retain: false,
  });

const CONNECT = mqttPacket.generate({
  cmd: 'connect',
  clientId: 'c',
  protocolId: 'MQTT',
  protocolVersion: 4,
  clean: true,
});

/** A guard past its CONNECT. */
function guardOf(maxPacketBytes: number): FrameGuard {
  const guard = new FrameGuard(maxPacketBytes, 64);
  expect(guard.check(CONNECT)).toBeUndefined();
  return guard;
}

const cut = (stream: Buffer, at: readonly number[]) => {
  const places = [...new Set(at.map((place) => place % (stream.length + 1)))].sort((a, b) => a - b);
  return [...places, stream.length].map((end, i) => stream.subarray(places[i - 1] ?? 0, end));
};

describe('the guard of packet sizes', () => {
  it('lets everything within the limit pass, however it is cut into chunks', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(sizes, fc.array(fc.nat()), (bytes, places) => {
        const guard = guardOf(512);
        const chunks = cut(Buffer.concat(bytes.map((size) => publish(size))), places);
        expect(chunks.map((chunk) => guard.check(chunk))).toEqual(chunks.map(() => undefined));
      }),
    );
  });

  it('finds a packet above the limit by its header, however it is cut into chunks', () => {
    fc.assert(
      fc.property(fc.integer({ min: 500, max: 3_000_000 }), fc.array(fc.nat({ max: 60 })), (size, places) => {
        const guard = guardOf(512);
        const start = Buffer.concat([publish(10), publish(size).subarray(0, 5)]);
        const found = cut(start, places).map((chunk) => guard.check(chunk));
        expect(found.some((packet) => packet !== undefined)).toBe(true);
      }),
    );
  });

  it('tells the topic when it came with the header', () => {
    expect(guardOf(512).check(publish(1000))).toEqual({ fault: 'too-large', bytes: 1022, topic: 'city/a/b/telemetry' });
    expect(guardOf(512).check(publish(1000).subarray(0, 6))).toEqual({
      fault: 'too-large',
      bytes: 1022,
      topic: undefined,
    });
  });

  it('goes on after bytes that are no packets', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void guardOf(512).check(bytes)));
  });

  it('allows a first packet less, and finds it by its header', () => {
    const great = mqttPacket.generate({ cmd: 'connect', clientId: 'c'.repeat(64), protocolId: 'MQTT', clean: true });
    expect(new FrameGuard(512, 64).check(great.subarray(0, 2))).toMatchObject({ fault: 'too-large' });
    expect(new FrameGuard(512, 512).check(great)).toBeUndefined();
  });

  it('finds a first packet that is no CONNECT by its first byte', () => {
    expect(new FrameGuard(512, 64).check(publish(1).subarray(0, 1))).toEqual({ fault: 'no-connect' });
    expect(new FrameGuard(512, 64).check(Buffer.concat([CONNECT, publish(1)]))).toBeUndefined();
  });
});
