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

  it('allows a whole packet as many bytes as the limit says, its header counted in, and tells how many it has', () => {
    fc.assert(
      fc.property(fc.integer({ min: 64, max: 40_000 }), fc.array(fc.nat({ max: 60 })), (size, places) => {
        const packet = publish(size);
        const guard = guardOf(packet.length);
        expect(cut(packet, places).flatMap((chunk) => guard.check(chunk) ?? [])).toEqual([]);
        expect(guardOf(packet.length - 1).check(packet)).toMatchObject({ fault: 'too-large', bytes: packet.length });
      }),
    );
    for (const bytes of [127, 128, 16_383, 16_384, 256 * 1024]) {
      const packet = publish(bytes - 22);
      expect(guardOf(packet.length).check(packet)).toBeUndefined();
      expect(guardOf(packet.length - 1).check(packet)).toMatchObject({ bytes: packet.length });
    }
  });

  it('counts a first packet whole, and each length byte of one that is longer than it need be', () => {
    expect(new FrameGuard(512, CONNECT.length).check(CONNECT)).toBeUndefined();
    expect(new FrameGuard(512, CONNECT.length - 1).check(CONNECT)).toMatchObject({ bytes: CONNECT.length });
    const long = Buffer.concat([Buffer.of(0x30, 0xe4, 0x80, 0x80, 0x00), Buffer.from([0, 1, 97]), Buffer.alloc(97)]);
    expect(guardOf(105).check(long)).toBeUndefined();
    expect(guardOf(104).check(long)).toMatchObject({ bytes: 105 });
  });

  it('tells the topic when it came with the header', () => {
    expect(guardOf(512).check(publish(1000))).toEqual({ fault: 'too-large', bytes: 1025, topic: 'city/a/b/telemetry' });
    expect(guardOf(512).check(publish(1000).subarray(0, 6))).toEqual({
      fault: 'too-large',
      bytes: 1025,
      topic: undefined,
    });
  });

  describe('of texts', () => {
    const good = fc.string({ unit: 'binary', maxLength: 20 }).map((text) => Buffer.from(text));
    const bad = fc
      .tuple(good, fc.constantFrom('e9', 'c3', 'c080', 'eda080', 'f5808080', 'ff'), good)
      .map(([before, ill, after]) => Buffer.concat([before, Buffer.from(ill, 'hex'), after]));
    const framed = (first: number, ...parts: (Buffer | number[])[]) => {
      const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
      const length = body.length < 128 ? [body.length] : [(body.length % 128) | 128, Math.floor(body.length / 128)];
      return Buffer.concat([Buffer.from([first, ...length]), body]);
    };
    const text = (bytes: Buffer) => Buffer.concat([Buffer.from([0, bytes.length]), bytes]);
    const connect = (flags: number, ...parts: Buffer[]) =>
      framed(0x10, text(Buffer.from('MQTT')), [4, flags, 0, 60], ...parts.map(text));
    const NO_TEXT = Buffer.of(0xff, 0xfe);
    /** Packets of up to three texts, and how many each has. */
    const PACKETS: readonly (readonly [texts: number, (a: Buffer, b: Buffer, c: Buffer) => Buffer])[] = [
      [1, (a) => connect(2, a)],
      [2, (a, b) => connect(0x82, a, b)],
      [2, (a, b) => connect(6, a, b, NO_TEXT)],
      [3, (a, b, c) => connect(0xc6, a, b, NO_TEXT, c, NO_TEXT)],
      [1, (a) => framed(0x30, text(a), NO_TEXT)],
      [1, (a) => framed(0x32, text(a), [0, 1], NO_TEXT)],
      [3, (a, b, c) => framed(0x82, [0, 1], text(a), [0], text(b), [1], text(c), [2])],
      [3, (a, b, c) => framed(0xa2, [0, 1], text(a), text(b), text(c))],
    ];
    const kind = fc.constantFrom(...PACKETS);
    const guardFor = (packet: Buffer) => (packet[0] === 0x10 ? new FrameGuard(512, 512) : guardOf(512));

    it('lets every packet pass that has none but UTF-8, however it is cut into chunks', () => {
      fc.assert(
        fc.property(kind, fc.tuple(good, good, good), fc.array(fc.nat()), ([, make], texts, places) => {
          const packet = make(...texts);
          const guard = guardFor(packet);
          const chunks = cut(Buffer.concat([packet, publish(10)]), places);
          expect(chunks.flatMap((chunk) => guard.check(chunk) ?? [])).toEqual([]);
        }),
      );
    });

    it('finds the one that is not, however it is cut into chunks', () => {
      fc.assert(
        fc.property(
          kind,
          fc.tuple(good, good, good),
          bad,
          fc.nat(),
          fc.array(fc.nat()),
          ([n, make], texts, ill, i, places) => {
            const packet = make(...(texts.with(i % n, ill) as typeof texts));
            const guard = guardFor(packet);
            expect(cut(packet, places).flatMap((chunk) => guard.check(chunk) ?? [])[0]).toEqual({ fault: 'not-utf8' });
          },
        ),
      );
    });

    it('leaves a CONNECT of another version to be refused as that', () => {
      const packet = connect(2, Buffer.of(0xe9));
      packet[8] = 5;
      expect(new FrameGuard(512, 512).check(packet)).toBeUndefined();
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
