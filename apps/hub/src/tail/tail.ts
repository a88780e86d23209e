import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { compilePatterns, type Alert } from '@seawall/model';
import type { HubAddress } from '../commands/hub-address.ts';
import type { Paint } from '../paint.ts';
import { followStream } from './follow-stream.ts';
import { LinkState } from './link-state.ts';
import { momentsOf, type ReadingsEvent } from './live-readings.ts';
import type { ServerEvent } from './parse-events.ts';
import { rawMessages } from './raw-messages.ts';
import { silenceHint } from './silence-hint.ts';
import type { TailEvent } from './tail-event.ts';
import { tailText } from './tail-text.ts';
import { Units } from './units.ts';

export interface TailOptions {
  readonly address: HubAddress;
  /** Names or patterns, as in a query's `where`. */
  readonly devices: readonly string[];
  readonly domains: readonly string[];
  readonly metrics: readonly string[];
  /** Show messages as they were sent, over MQTT. */
  readonly raw: boolean;
  readonly json: boolean;
  readonly paint: Paint;
  readonly output: Writable;
  /** What is no event goes to standard error. */
  readonly say: (sentence: string) => void;
  readonly signal: AbortSignal;
  readonly now: () => number;
  /** After so long without an event it is said that nothing came. */
  readonly quietMs?: number;
}

const QUIET_MS = 4_000;

/**
 * Writes what the hub tells of these devices until the signal aborts.
 * @throws HubUnreachableError, HubRefusedError, UsageError if its streams can't be opened
 */
export async function tail(options: TailOptions): Promise<void> {
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  const run = new Tail({ ...options, signal });
  const works = [run.follow('live'), run.follow('rejections'), run.follow('devices'), run.follow('alerts'), run.raw()];
  const hint = run.hintAfterQuiet();
  try {
    await Promise.all(works);
  } finally {
    failed.abort();
    await Promise.allSettled([...works, hint]);
  }
}

type StreamName = 'live' | 'rejections' | 'devices' | 'alerts';

class Tail {
  readonly #options: TailOptions;
  readonly #units: Units;
  readonly #link: LinkState;
  readonly #admitsDevice: (device: string | undefined) => boolean;
  readonly #admitsDomain: (domain: string | undefined) => boolean;
  readonly #heard = new AbortController();
  #last: Promise<void> = Promise.resolve();

  constructor(options: TailOptions) {
    this.#options = options;
    this.#units = new Units(options.address);
    this.#link = new LinkState(options.say, options.now);
    this.#admitsDevice = compilePatterns(options.devices);
    this.#admitsDomain = compilePatterns(options.domains);
  }

  async follow(stream: StreamName): Promise<void> {
    const { address, signal } = this.#options;
    const path = `/api/v1/stream/${stream}?${this.#parametersOf(stream).toString()}`;
    for await (const event of followStream({ address, path, signal, state: this.#link.of(stream) })) {
      for (const one of await this.#read(event)) await this.#tell(one);
    }
  }

  async raw(): Promise<void> {
    const { raw, address, devices, signal, now, say } = this.#options;
    if (!raw) return;
    const admits = (domain: string, device: string) => this.#admitsDomain(domain) && this.#admitsDevice(device);
    // A message that comes faster than it is written waits in the output's own buffer; the hub cuts off who never reads.
    await rawMessages({ address, devices, admits, signal, now, say, tell: (event) => void this.#tell(event) });
  }

  /** Tells once, if nothing comes for a while, that there is nothing, and why that may be. */
  async hintAfterQuiet(): Promise<void> {
    const { address, devices, quietMs = QUIET_MS, say } = this.#options;
    const signal = AbortSignal.any([this.#options.signal, this.#heard.signal]);
    try {
      await pause(quietMs, signal);
      const hint = await silenceHint(address, devices, signal);
      if (!signal.aborted) say(hint);
    } catch (error) {
      // The streams say what is wrong with the hub; a hint that can't be had is none.
      if (!signal.aborted) say(`nothing yet from ${devices.join(' ')}; waiting (${(error as Error).message})`);
    }
  }

  #parametersOf(stream: StreamName): URLSearchParams {
    const { devices, domains, metrics } = this.#options;
    const parameters = new URLSearchParams();
    const add = (key: string, values: readonly string[]) => values.forEach((value) => parameters.append(key, value));
    for (const origin of ['live', 'replay', 'import']) parameters.append('origin', origin);
    if (stream !== 'alerts') add('device', devices);
    if (stream === 'live' || stream === 'rejections') add('domain', domains);
    if (stream === 'live') add('metric', metrics);
    return parameters;
  }

  async #read({ event, data }: ServerEvent): Promise<readonly TailEvent[]> {
    const content: unknown = JSON.parse(data);
    switch (event) {
      case 'readings':
        return this.#readings(content as ReadingsEvent);
      case 'rejection':
        return [{ kind: 'rejection', ...(content as Omit<Extract<TailEvent, { kind: 'rejection' }>, 'kind'>) }];
      case 'device':
        return this.#device(content as DeviceEvent);
      case 'alert':
        return this.#isOurs(content as Alert) ? [{ kind: 'alert', alert: content as Alert }] : [];
      case 'gap':
        return [{ kind: 'gap', detail: (content as { detail: string }).detail }];
      default:
        // A newer hub may tell more than this command knows.
        return [];
    }
  }

  #readings(event: ReadingsEvent): Promise<TailEvent[]> {
    return Promise.all(
      momentsOf(event).map(async (moment) => ({
        kind: 'readings' as const,
        ...moment,
        values: await Promise.all(
          moment.values.map(async (one) => ({ ...one, unit: await this.#units.of(moment.domain, one.metric) })),
        ),
      })),
    );
  }

  #device(event: DeviceEvent): readonly TailEvent[] {
    const { metrics, ...change } = event;
    this.#units.define(metrics ?? []);
    if (change.domain !== undefined && !this.#admitsDomain(change.domain)) return [];
    return [{ kind: 'device', ...change }];
  }

  /** An alert of several devices names none, and is everybody's who asked for all. */
  #isOurs({ labels }: Alert): boolean {
    const all = this.#options.devices.every((pattern) => pattern === '*');
    return this.#admitsDomain(labels.domain) && (all || this.#admitsDevice(labels.device));
  }

  /** One event after another, no faster than they are read. */
  #tell(event: TailEvent): Promise<void> {
    this.#heard.abort();
    const { json, paint, output, signal } = this.#options;
    const text = json ? JSON.stringify(event) : tailText(event, paint).join('\n');
    this.#last = this.#last.then(async () => {
      if (!signal.aborted && !output.write(`${text}\n`)) await once(output, 'drain', { signal }).catch(() => undefined);
    });
    return this.#last;
  }
}

type DeviceEvent = Omit<Extract<TailEvent, { kind: 'device' }>, 'kind'> & {
  readonly metrics?: readonly { readonly domain: string; readonly metric: string; readonly unit?: string | null }[];
};

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    });
  });
}
