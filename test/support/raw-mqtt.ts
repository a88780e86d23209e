import { createConnection, type Socket } from 'node:net';

/** MQTT 3.1.1 as bytes, for those who must say exactly what goes over the wire. */

export function connectPacket(clientId: string, keepaliveSeconds = 0, cleanSession = true): Buffer {
  const id = Buffer.from(clientId);
  const head = Buffer.from([
    0,
    4,
    0x4d,
    0x51,
    0x54,
    0x54,
    4,
    cleanSession ? 2 : 0,
    keepaliveSeconds >> 8,
    keepaliveSeconds & 255,
  ]);
  return packet(0x10, Buffer.concat([head, Buffer.from([id.length >> 8, id.length & 255]), id]));
}

/** QoS 1; the two bytes of the packet id stand just before the payload. */
export function publishPacket(topic: string, payload: Buffer | string, packetId: number): Buffer {
  const name = Buffer.from(topic);
  const length = Buffer.from([name.length >> 8, name.length & 255]);
  return packet(
    0x32,
    Buffer.concat([length, name, Buffer.from([packetId >> 8, packetId & 255]), Buffer.from(payload)]),
  );
}

export function subscribePacket(filter: string, packetId: number, qos: 0 | 1 | 2): Buffer {
  const name = Buffer.from(filter);
  const head = Buffer.from([packetId >> 8, packetId & 255, name.length >> 8, name.length & 255]);
  return packet(0x82, Buffer.concat([head, name, Buffer.from([qos])]));
}

export const PINGREQ = Buffer.from([0xc0, 0]);

export function packet(firstByte: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([firstByte]), remainingLength(body.length), body]);
}

export function remainingLength(length: number): Buffer {
  const bytes: number[] = [];
  let rest = length;
  do {
    const digit = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? digit | 128 : digit);
  } while (rest > 0);
  return Buffer.from(bytes);
}

export function openSocket(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: hostname, port: Number(port), noDelay: true });
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}
