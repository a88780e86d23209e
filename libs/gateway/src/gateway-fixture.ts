import type { Device, MetricDefinition } from '@seawall/model';
import {
  JOURNAL_START,
  JournalUnavailableError,
  type EntryDraft,
  type EntryKind,
  type Journal,
  type JournalEntry,
  type JournalPayloads,
  type Registry,
} from '@seawall/ports';
import { createMemoryJournal } from '@seawall/ports/memory';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import mqttPacket, { type Packet } from 'mqtt-packet';
import type { GatewayLog } from './gateway-log.ts';
import { startGateway, type Gateway, type GatewayOptions } from './gateway.ts';

/** What the tests of the gateway share. */

export const ARRIVAL = Date.UTC(2026, 8, 21, 8);

export interface LoggedLine {
  readonly level: string;
  readonly message: string;
  readonly fields: unknown;
}

export function recordingLog(): GatewayLog & { readonly lines: LoggedLine[] } {
  const lines: LoggedLine[] = [];
  const at = (level: string) => (message: string, fields?: unknown) => void lines.push({ level, message, fields });
  return { lines, info: at('info'), warn: at('warn'), error: at('error') };
}

export function registryOf(
  devices: readonly Device[] = [],
  metrics: readonly MetricDefinition[] = [],
): Pick<Registry, 'allDevices' | 'metrics'> {
  return {
    async *allDevices() {
      yield* devices;
    },
    metrics: async () => metrics,
  };
}

/** The memory journal with a hand on its appends: they can be held, and made to fail. */
export function controlledJournal(now: () => number = () => ARRIVAL) {
  const memory = createMemoryJournal({ now });
  let held: (() => void)[] | undefined;
  const control = {
    failing: false,
    /** Why an append alone is refused for good. */
    refusal: (_drafts: readonly EntryDraft[]): Error | undefined => undefined,
    appends: [] as (readonly EntryDraft[])[],
    forgotten: [] as string[],
    waiting: () => held?.length ?? 0,
    hold: () => void (held ??= []),
    release: () => {
      const waiting = held ?? [];
      held = undefined;
      for (const go of waiting) go();
    },
  };
  const journal: Journal = Object.assign(Object.create(null) as object, {
    append: async (drafts: readonly EntryDraft[]) => {
      control.appends.push(drafts);
      if (held !== undefined) await new Promise<void>((resolve) => held!.push(resolve));
      if (control.failing) throw new JournalUnavailableError('no space left on device');
      const refusal = control.refusal(drafts);
      if (refusal !== undefined) throw refusal;
      return memory.append(drafts);
    },
    forgetKey: (id: string) => {
      control.forgotten.push(id);
      memory.forgetKey(id);
    },
    read: memory.read.bind(memory),
    end: memory.end.bind(memory),
    start: memory.start.bind(memory),
    commit: memory.commit.bind(memory),
    position: memory.position.bind(memory),
    dropConsumer: memory.dropConsumer.bind(memory),
    trim: memory.trim.bind(memory),
    status: memory.status.bind(memory),
    backup: memory.backup.bind(memory),
    close: memory.close.bind(memory),
  });
  return { journal, control };
}

export async function entriesOf(journal: Journal): Promise<JournalEntry[]> {
  const all: JournalEntry[] = [];
  for await (const { entries } of journal.read(JOURNAL_START, { follow: false })) all.push(...entries);
  return all;
}

export async function payloadsOf<K extends EntryKind>(journal: Journal, kind: K): Promise<JournalPayloads[K][]> {
  const entries = (await entriesOf(journal)).filter((entry) => entry.kind === kind);
  return entries.map((entry) => entry.payload as JournalPayloads[K]);
}

/** Every reading in the journal's order, as "domain/device/metric@time=value". */
export async function readingsOf(journal: Journal): Promise<string[]> {
  const batches = await payloadsOf(journal, 'readings');
  return batches.flatMap((batch) =>
    [...batch.seriesIndex].map((index, i) => {
      const { domain, device, metric } = batch.series[index]!;
      return `${domain}/${device}/${metric}@${batch.eventTime[i]}=${batch.value[i]}`;
    }),
  );
}

export async function openGateway(
  options: Partial<GatewayOptions> & Pick<GatewayOptions, 'journal'>,
): Promise<Gateway> {
  return startGateway({
    registry: registryOf(),
    bind: '127.0.0.1',
    mqttPort: 0,
    mqttWsPort: 0,
    log: recordingLog(),
    ...options,
  });
}

const PATIENCE_MS = 15_000;

/** Waits until something is so, or fails. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Waited ${PATIENCE_MS} ms in vain for: ${String(condition)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A client that speaks packets, so that a test decides about each. */
export class PacketClient {
  readonly socket: Socket;
  readonly packets: Packet[] = [];
  closed = false;

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1' });
    const parser = mqttPacket.parser();
    parser.on('packet', (packet: Packet) => this.packets.push(packet));
    this.socket.on('data', (chunk) => parser.parse(chunk));
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => (this.closed = true));
  }

  static async connect(port: number, connectPacket: object = {}): Promise<PacketClient> {
    const client = new PacketClient(port);
    await once(client.socket, 'connect');
    client.send({
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: 4,
      clientId: 'raw',
      clean: true,
      keepalive: 0,
      ...connectPacket,
    });
    await until(() => client.closed || client.received('connack') === 1);
    return client;
  }

  send(packet: object): void {
    this.socket.write(mqttPacket.generate(packet as Packet));
  }

  publish(topic: string, payload: string | Buffer, qos: 0 | 1 | 2, messageId?: number, more: object = {}): void {
    this.send({ cmd: 'publish', topic, payload, qos, messageId, dup: false, retain: false, ...more });
  }

  received(cmd: Packet['cmd']): number {
    return this.packets.filter((packet) => packet.cmd === cmd).length;
  }

  ids(cmd: Packet['cmd']): (number | undefined)[] {
    return this.packets.filter((packet) => packet.cmd === cmd).map((packet) => packet.messageId);
  }

  destroy(): void {
    this.socket.destroy();
  }
}
