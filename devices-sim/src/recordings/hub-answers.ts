import { setTimeout as wait } from 'node:timers/promises';
import { connect, type MqttClient } from 'mqtt';
import * as z from 'zod';
import { HubUnreachableError, messageOf } from '../errors.ts';
import { topicOf } from '../topics.ts';
import { reasonOf } from './hub-reason.ts';
import type { Tally } from './tally.ts';

/** What the hub holds back of one device and reason comes at most a second later, told at its next sweep. */
const HELD_BACK_MS = 2_200;
const TIMEOUT_MS = 10_000;

/** A problem document (RFC 9457) of an errors topic; fields beyond these are passed over. */
const answerSchema = z.object({
  reason: z.string(),
  detail: z.string(),
  topic: z.string(),
  count: z.number().int().positive().default(1),
});

export interface HubAnswersOptions {
  /** mqtt://, mqtts://, ws:// or wss:// */
  readonly url: string;
  readonly token?: string;
  readonly clientId: string;
  readonly tally: Tally;
  /** Whether the recording is of this device. */
  readonly isOurs: (device: string) => boolean;
  /** Ends every wait; nothing is thrown then but by `open`. */
  readonly signal?: AbortSignal;
}

/**
 * Listens on the errors topics of a recording's devices: what the hub would not take of their descriptions and readings
 * goes to the tally.
 */
export class HubAnswers {
  readonly #client: MqttClient;
  readonly #options: HubAnswersOptions;
  readonly #fence: string;
  #passed: (() => void) | undefined;
  #lastHeardAt = -Infinity;
  #connections = 0;
  #closed = false;

  /** To be opened beside a link that was made already, which explains addresses and tokens that are wrong. @throws HubUnreachableError, the signal's reason */
  static async open(options: HubAnswersOptions): Promise<HubAnswers> {
    const { url, token, clientId } = options;
    const credentials = token === undefined ? {} : { username: 'devices-sim', password: token };
    const client = connect(url, { protocolVersion: 4, clientId, clean: true, reconnectPeriod: 500, ...credentials });
    const answers = new HubAnswers(client, options);
    const subscribed = client.subscribeAsync([topicOf('+', '+', 'errors'), answers.#fence], { qos: 1 });
    if (await inTime(subscribed, options.signal)) return answers;
    client.end(true);
    options.signal?.throwIfAborted();
    throw new HubUnreachableError(`The hub at ${url} does not say within ten seconds that it will answer. Is it busy?`);
  }

  private constructor(client: MqttClient, options: HubAnswersOptions) {
    this.#client = client;
    this.#options = options;
    this.#fence = `seawall-recordings/${options.clientId}`;
    client.on('message', (topic, payload) => this.#hear(topic, payload.toString()));
    client.on('connect', () => this.#connections++);
    client.on('error', (error) => this.#warn(messageOf(error)));
  }

  /** Resolves when all that the hub has to say of what it acknowledged has been heard. */
  async settle(): Promise<void> {
    await this.#heardAll();
    if (Date.now() - this.#lastHeardAt < HELD_BACK_MS) {
      await wait(HELD_BACK_MS, undefined, { signal: this.#options.signal }).catch(() => undefined); // stopped
      await this.#heardAll();
    }
    if (this.#connections > 1) this.#warn('the connection broke and was made again');
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#client.endAsync(true);
  }

  /** The broker keeps the order of what one client hears: behind our own message nothing earlier comes. */
  async #heardAll(): Promise<void> {
    const passed = new Promise<void>((resolve) => (this.#passed = resolve));
    this.#client.publish(this.#fence, 'all?', { qos: 1 });
    if (!(await inTime(passed, this.#options.signal))) this.#warn('the hub answered nothing for ten seconds');
  }

  #hear(topic: string, payload: string): void {
    if (topic === this.#fence) return this.#passed?.();
    const device = topic.split('/')[2] ?? '';
    if (!this.#options.isOurs(device)) return;
    this.#lastHeardAt = Date.now();
    const answer = answerSchema.safeParse(parseJson(payload));
    if (!answer.success) return this.#warn(`on ${topic} something came that is no hub's answer`);
    const { reason, detail, count, topic: about } = answer.data;
    this.#options.tally.reject(reasonOf(reason), { file: about, detail }, count);
  }

  #warn(why: string): void {
    const { warnings } = this.#options.tally;
    const sentence = `The hub may have rejected more than is told here: ${why}; GET /api/v1/rejections has all.`;
    if (!this.#closed && !warnings.includes(sentence)) warnings.push(sentence);
  }
}

/** @returns false if it took longer than ten seconds, or was stopped */
async function inTime(work: Promise<unknown>, signal: AbortSignal | undefined): Promise<boolean> {
  const done = new AbortController();
  const either = signal === undefined ? done.signal : AbortSignal.any([signal, done.signal]);
  const late = wait(TIMEOUT_MS, false, { signal: either }).catch(() => false);
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    done.abort();
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // not JSON, so not the hub's answer: the caller says so
  }
}
