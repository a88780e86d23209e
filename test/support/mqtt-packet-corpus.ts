import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { compileFunction } from 'node:vm';
import { parser as makeParser } from 'mqtt-packet';

export interface CorpusPacket {
  readonly name: string;
  readonly bytes: Buffer;
  /** mqtt-packet itself calls it malformed for MQTT 3.1.1; the others are valid, of version 5 or cut short. */
  readonly malformed: boolean;
}

/** One of them is 268 MB; its beginning says all there is to say. */
const LONGEST = 65_536;

/** Every packet that mqtt-packet's own tests parse: its test file is run with a parser that only takes notes. */
export function mqttPacketCorpus(): CorpusPacket[] {
  const file = createRequire(import.meta.url).resolve('mqtt-packet/test.js');
  const found = new Map<string, CorpusPacket>();
  let name = '';
  const note = (bytes: Uint8Array) => {
    const copy = Buffer.from(bytes.subarray(0, LONGEST));
    found.set(copy.toString('hex'), { name, bytes: copy, malformed: isMalformed(copy) });
    return 0;
  };
  const anything: unknown = new Proxy(() => undefined, { get: () => () => undefined });
  const tape = (testName: string, body: (t: unknown) => void) => {
    name = testName;
    body(anything);
  };
  const packetLibrary = {
    parser: () => ({ on: () => undefined, parse: note }),
    generate: () => Buffer.alloc(0),
    writeToStream: () => true,
  };
  const Writable = () => anything;
  const modules: Record<string, unknown> = {
    tape,
    './': packetLibrary,
    'readable-stream': { Writable },
    util: { inspect: String },
  };
  const load = (id: string): unknown => modules[id];
  const run = compileFunction(readFileSync(file, 'utf8'), ['require', 'Buffer'], { filename: file });
  (run as (require: typeof load, buffer: typeof Buffer) => void)(load, Buffer);
  return [...found.values()];
}

function isMalformed(bytes: Buffer): boolean {
  let malformed = false;
  const parser = makeParser({ protocolVersion: 4 });
  parser.on('error', () => (malformed = true));
  parser.parse(bytes);
  return malformed;
}
