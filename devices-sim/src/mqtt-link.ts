import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import { NoStore } from './no-store.ts';
import { HubRefusedError, HubUnreachableError, messageOf, UsageError } from './errors.ts';
import type { OutgoingMessage } from './outbox.ts';

const RECONNECT_MS = 500;
const CONNECT_TIMEOUT_MS = 10_000;
const CLOSE_TIMEOUT_MS = 2_000;
/** CONNACK return codes of MQTT 3.1.1 (table 3.1) that speak of the credentials. */
const BAD_CREDENTIALS: ReadonlySet<number> = new Set([4, 5]);

export interface LinkOptions {
  /** mqtt://, mqtts://, ws:// or wss:// */
  readonly url: string;
  readonly token?: string;
  readonly clientId: string;
  /** Published, retained, by the hub when this link breaks without saying goodbye. */
  readonly will?: OutgoingMessage;
  /** How long a broken link may stay broken before it is given up; Infinity keeps trying. */
  readonly patienceMs: number;
  /** Called at each connection, the first and every later one. */
  readonly onConnect?: (link: MqttLink) => void;
  /** Called at most once, when the link is given up. */
  readonly onFailure?: (error: Error) => void;
}

interface UnderWay {
  readonly message: OutgoingMessage;
  readonly done: () => void;
  /** The number of the connection it was sent on, and its packet's there. */
  connection: number;
  messageId: number;
}

/**
 * One MQTT 3.1.1 connection, which reconnects by itself. What was not acknowledged is sent again in its order, ahead
 * of what came later. That is done here and not by the `mqtt` package, whose own way answers "Connection closed" to
 * messages that are published while it resends and the connection breaks again.
 */
export class MqttLink {
  readonly #client: MqttClient;
  readonly #options: LinkOptions;
  readonly #underWay = new Set<UnderWay>();
  #connection = 0;
  #open = false;
  #patience: NodeJS.Timeout | undefined;
  #ended = false;
  #whenEmpty: (() => void) | undefined;

  /** @throws UsageError (the address), HubUnreachableError, HubRefusedError (the token) */
  static async open(options: LinkOptions): Promise<MqttLink> {
    checkUrl(options.url);
    return new MqttLink(await connected(options.url, clientOptions(options)), options);
  }

  private constructor(client: MqttClient, options: LinkOptions) {
    this.#client = client;
    this.#options = options;
    client.on('connect', () => this.#connected());
    client.on('close', () => this.#broken());
    client.on('error', (error) => this.#erred(error));
    if (client.connected) this.#connected();
    else this.#broken();
  }

  /** @param done called once, when the message is acknowledged (at QoS 0: written); never, if the link is given up */
  publish(message: OutgoingMessage, done: () => void): void {
    const entry = { message, done, connection: 0, messageId: 0 };
    this.#underWay.add(entry);
    if (this.#open) this.#send(entry);
  }

  /**
   * Waits for what is under way, says a last message and DISCONNECT, so that the will is not published; resolves when
   * the socket is closed, within seconds.
   */
  async close(lastMessage?: OutgoingMessage): Promise<void> {
    clearTimeout(this.#patience);
    this.#ended = true;
    if (!this.#open) return void this.#client.end(true);
    if (lastMessage !== undefined) this.publish(lastMessage, () => {});
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, CLOSE_TIMEOUT_MS)));
    const closed = new Promise<void>((resolve) => this.#client.once('close', resolve));
    await Promise.race([this.#emptied(), closed, late]);
    for (const entry of this.#underWay) this.#forget(entry);
    await Promise.race([this.#client.endAsync(), closed, late]);
    clearTimeout(timer);
    this.#client.stream.destroy();
  }

  #send(entry: UnderWay): void {
    const { topic, payload, qos, retain = false } = entry.message;
    const connection = (entry.connection = this.#connection);
    this.#client.publish(topic, payload, { qos, retain }, (error) => {
      if (connection !== this.#connection || !this.#underWay.has(entry)) return;
      if (error === null || error === undefined) this.#done(entry);
      else if (this.#open) this.#giveUp(error); // a broken connection is no reason: the next one sends it again
    });
    entry.messageId = this.#client.getLastMessageId();
  }

  #done(entry: UnderWay): void {
    this.#underWay.delete(entry);
    entry.done();
    if (this.#underWay.size === 0) this.#whenEmpty?.();
  }

  #emptied(): Promise<void> {
    return new Promise((resolve) => {
      this.#whenEmpty = resolve;
      if (this.#underWay.size === 0) resolve();
    });
  }

  #connected(): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
    this.#connection++;
    this.#open = true;
    const unsent = [...this.#underWay];
    this.#options.onConnect?.(this);
    for (const entry of unsent) {
      this.#forget(entry);
      this.#send(entry);
    }
  }

  /** The client would wait for its acknowledgement for ever. QoS 0 has no packet number, and nothing to wait for. */
  #forget({ connection, messageId, message }: UnderWay): void {
    if (connection > 0 && message.qos > 0) this.#client.removeOutgoingMessage(messageId);
  }

  #broken(): void {
    this.#open = false;
    const { patienceMs, url } = this.#options;
    if (this.#ended || this.#patience !== undefined || patienceMs === Infinity) return;
    this.#patience = setTimeout(() => {
      this.#giveUp(unreachable(url, `it has been away for ${Math.round(patienceMs / 1000)} s`));
    }, patienceMs);
  }

  #erred(error: Error): void {
    const explained = explain(error, this.#options.url);
    // Socket errors while reconnecting are what patience is for.
    if (explained instanceof HubRefusedError) this.#giveUp(explained);
  }

  #giveUp(error: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#patience);
    this.#options.onFailure?.(error);
  }
}

/**
 * A client that has connected once; one that could not is ended, and comes back no more.
 * @throws HubUnreachableError, HubRefusedError
 */
export async function connected(url: string, options: IClientOptions): Promise<MqttClient> {
  const client = connect(url, options);
  try {
    await firstConnection(client, url);
  } catch (error) {
    client.on('error', () => {}); // it is being ended; what else it says changes nothing
    client.end(true);
    throw error;
  }
  return client;
}

function firstConnection(client: MqttClient, url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error) => {
      client.off('connect', onConnect).off('error', onError).off('close', onClose);
      if (error === undefined) resolve();
      else reject(error);
    };
    const onConnect = () => settle();
    const onError = (error: Error) => settle(explain(error, url));
    const onClose = () => settle(unreachable(url, 'the connection was closed at once'));
    client.on('connect', onConnect).on('error', onError).on('close', onClose);
  });
}

function clientOptions({ clientId, token, will }: LinkOptions): IClientOptions {
  return {
    protocolVersion: 4,
    clientId,
    clean: true,
    outgoingStore: new NoStore(),
    keepalive: 30,
    reconnectPeriod: RECONNECT_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    ...(token === undefined ? {} : { username: 'devices-sim', password: token }),
    ...(will === undefined
      ? {}
      : { will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: true } }),
  };
}

/** @throws UsageError */
export function checkUrl(url: string): void {
  const protocol = URL.canParse(url) ? new URL(url).protocol : '';
  if (!['mqtt:', 'mqtts:', 'ws:', 'wss:'].includes(protocol)) {
    throw new UsageError(`"${url}" is not the address of an MQTT hub; write it like mqtt://127.0.0.1:1883.`);
  }
}

/** What a connection that failed means for who gave address and token. */
export function explain(error: Error, url: string): Error {
  const code: unknown = (error as Error & { code?: unknown }).code;
  if (typeof code !== 'number') return unreachable(url, messageOf(error), error);
  if (BAD_CREDENTIALS.has(code)) {
    return new HubRefusedError(
      `The hub at ${url} refused the token; give the one it was started with (SEAWALL_TOKEN).`,
    );
  }
  return new HubRefusedError(`The hub at ${url} refused the connection: ${error.message}.`, { cause: error });
}

function unreachable(url: string, why: string, cause?: Error): HubUnreachableError {
  return new HubUnreachableError(`No hub answers at ${url}: ${why}. Is it running, and is this its MQTT address?`, {
    cause,
  });
}
